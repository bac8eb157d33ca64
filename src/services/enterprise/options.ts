import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import { askCallback } from "../../engine/ask-callback.js";
import type { AuthFront } from "../../engine/front.js";
import { resolveRules, type SessionRules } from "../../sessions/rules.js";

/** Options of `enterpriseRoutes`. */
export interface EnterpriseOptions {
  /**
   * How long a cookie is valid without a refresh, in milliseconds. Default: 600,000, as clients expect. At least
   * 125,000, since Python's client refreshes two minutes before the deadline, and gives up for good when that is too
   * late.
   */
  readonly cookieLifeMs?: number | undefined;
  /** How long a one-time token is valid, in milliseconds: from 1,000 to 300,000, as for any ticket. Default: 30,000. */
  readonly tokenLifeMs?: number | undefined;
  /**
   * The addresses that may call `verifyToken` and `verifyChallenge`: a predicate, or `"anyone"` for all. Default: none,
   * since services do not authenticate in this protocol, and a caller of these methods can consume a token that it has
   * seen.
   */
  readonly verifyTokenFrom?: "anyone" | ((address: string) => boolean) | undefined;
  /**
   * The services whose one-time tokens can be exchanged for a cookie (`authenticateByDelegateToken`). Default: none.
   */
  readonly delegateServices?: readonly string[] | undefined;
  /**
   * Those of `delegateServices` whose session goes on when the one for which the token was issued ends, by log-out, theft
   * or otherwise: for work that outlives its user's log-in. Default: none.
   */
  readonly detachedServices?: readonly string[] | undefined;
  /**
   * The action of `reload`, and the roles of which its caller must have one. Default: none, and `reload` is
   * unimplemented.
   */
  readonly reload?: { readonly roles: readonly string[]; readonly run: () => Awaitable<string> } | undefined;
  /** The IPv4 address in tokens and nonces, at which a service finds this server. Default: `"127.0.0.1"`. */
  readonly address?: string | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const enterpriseKinds: OptionKinds<EnterpriseOptions> = {
  cookieLifeMs: "number",
  tokenLifeMs: "number",
  verifyTokenFrom: "string|function",
  delegateServices: "strings",
  detachedServices: "strings",
  reload: { roles: "strings!", run: "function!" },
  address: "string",
  platform: "object",
};

/** Options with every default filled in. */
export interface ResolvedEnterpriseOptions {
  /** The rules of the sessions whose tokens are cookies. */
  readonly rules: SessionRules;
  readonly tokenLifeMs: number;
  readonly mayVerify: (address: string) => boolean;
  readonly delegateServices: ReadonlySet<string>;
  readonly detachedServices: ReadonlySet<string>;
  readonly reload: EnterpriseOptions["reload"];
  readonly address: Uint8Array;
  readonly platform: Platform;
}

/** The shortest life of a cookie: Python's client refreshes at `deadline − 120 s`, and needs some seconds for it. */
const leastCookieLifeMs = 125_000;

/**
 * How often the use of a session is recorded: a cookie is valid for at least the announced time, and at most this much
 * longer.
 */
const exactnessMs = 10_000;

/**
 * Fills in the defaults and checks the options.
 *
 * @throws {AuthError} `invalid_options`; the message says what to do
 */
export function resolveEnterpriseOptions(
  { absoluteMs }: Pick<SessionRules, "absoluteMs">,
  options: EnterpriseOptions,
  front: Pick<AuthFront, "callbackFailed"> = { callbackFailed: () => undefined },
): ResolvedEnterpriseOptions {
  requireOptions("enterpriseRoutes", options, enterpriseKinds);
  const { cookieLifeMs = 600_000, tokenLifeMs = 30_000, verifyTokenFrom, reload } = options;
  const { delegateServices = [], detachedServices = [] } = options;
  requireWholeNumber("cookieLifeMs", cookieLifeMs, leastCookieLifeMs, 86_400_000);
  requireWholeNumber("tokenLifeMs", tokenLifeMs, 1_000, 300_000);
  if (reload?.roles.length === 0) refuse("reload.roles must name at least one role, or every caller could reload");
  if (absoluteMs < cookieLifeMs + exactnessMs) {
    refuse(`absoluteMs (${absoluteMs}) must be at least cookieLifeMs + ${exactnessMs}; lengthen it`);
  }
  return Object.freeze({
    rules: resolveRules({
      policy: "overlapping",
      // One cookie for the whole session: some clients accept no second cookie, and would lose their log-in by one.
      lifetimeMs: absoluteMs,
      absoluteMs,
      idleMs: cookieLifeMs + exactnessMs,
      rotateAfterMs: exactnessMs,
    }),
    tokenLifeMs,
    mayVerify: toVerifiers(verifyTokenFrom, front),
    delegateServices: new Set(delegateServices),
    detachedServices: new Set(detachedServices),
    reload,
    address: requireAddress(options.address ?? "127.0.0.1"),
    platform: options.platform ?? systemPlatform,
  });
}

function toVerifiers(
  from: EnterpriseOptions["verifyTokenFrom"],
  front: Pick<AuthFront, "callbackFailed">,
): (address: string) => boolean {
  if (typeof from === "function")
    return (address) => askCallback(front, "verifyTokenFrom", () => from(address)) === true;
  if (from !== undefined && from !== "anyone") refuse('verifyTokenFrom must be "anyone" or a function');
  return () => from === "anyone";
}

function requireAddress(address: string): Uint8Array {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (parts?.every((part) => part <= 255)) return Uint8Array.from(parts);
  refuse(`address must be an IPv4 address such as 192.0.2.7, not ${JSON.stringify(address)}`);
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
