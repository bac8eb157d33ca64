import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import { resolveRules, type SessionRules } from "../../sessions/rules.js";

/** What `enterpriseRoutes` takes beside the engine. */
export interface EnterpriseOptions {
  /**
   * How long a cookie is good without being refreshed, in milliseconds. Default: 600,000, as clients expect. At least
   * 125,000: Python's client refreshes two minutes before the deadline, and gives up for good when that is too late.
   */
  readonly cookieLifeMs?: number | undefined;
  /** How long a one-time token is good, in milliseconds. Default: 30,000; 1,000 to 300,000, as for any ticket. */
  readonly tokenLifeMs?: number | undefined;
  /**
   * Whose `verifyToken` and `verifyChallenge` are answered: from these addresses, or `"anyone"`. Services prove nothing on
   * this wire, so whoever may ask can spend a token that they have seen. Default: nobody's.
   */
  readonly verifyTokenFrom?: "anyone" | ((address: string) => boolean) | undefined;
  /** Services whose one-time tokens may be spent for a cookie (`authenticateByDelegateToken`). Default: none. */
  readonly delegateServices?: readonly string[] | undefined;
  /** What `reload` does, and the roles of which its caller must have one. Default: it is not there. */
  readonly reload?: { readonly roles: readonly string[]; readonly run: () => Awaitable<string> } | undefined;
  /** The address in tokens and nonces, IPv4: where a service finds this server. Default: `"127.0.0.1"`. */
  readonly address?: string | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** Options with every default filled in. */
export interface ResolvedEnterpriseOptions {
  /** Of the sessions whose tokens are cookies. */
  readonly rules: SessionRules;
  readonly tokenLifeMs: number;
  readonly mayVerify: (address: string) => boolean;
  readonly delegateServices: ReadonlySet<string>;
  readonly reload: EnterpriseOptions["reload"];
  readonly address: Uint8Array;
  readonly platform: Platform;
}

/** Python's client asks at `deadline − 120 s`, and needs some seconds for it. */
const leastCookieLifeMs = 125_000;

/** How exact "used" is written down: a cookie is good for at least what was said, and at most this much longer. */
const exactnessMs = 10_000;

/**
 * Fills in defaults and refuses nonsense.
 *
 * @throws {AuthError} `invalid_options`; the message says what to do.
 */
export function resolveEnterpriseOptions(
  auth: Pick<Auth, "rules">,
  options: EnterpriseOptions,
): ResolvedEnterpriseOptions {
  const { cookieLifeMs = 600_000, tokenLifeMs = 30_000, verifyTokenFrom, delegateServices = [], reload } = options;
  requireMs("cookieLifeMs", cookieLifeMs, leastCookieLifeMs, 86_400_000);
  requireMs("tokenLifeMs", tokenLifeMs, 1_000, 300_000);
  if (reload?.roles.length === 0) refuse("reload.roles must name at least one role, or anybody could reload");
  const { absoluteMs } = auth.rules;
  if (absoluteMs < cookieLifeMs + exactnessMs) {
    refuse(`absoluteMs (${absoluteMs}) must be at least cookieLifeMs + ${exactnessMs}; lengthen it`);
  }
  return Object.freeze({
    rules: resolveRules({
      policy: "overlapping",
      // One cookie as long as the session: there are clients that take no other, and lose their log-in by one.
      lifetimeMs: absoluteMs,
      absoluteMs,
      idleMs: cookieLifeMs + exactnessMs,
      rotateAfterMs: exactnessMs,
    }),
    tokenLifeMs,
    mayVerify: verifyTokenFrom === "anyone" ? () => true : (verifyTokenFrom ?? (() => false)),
    delegateServices: new Set(delegateServices),
    reload,
    address: requireAddress(options.address ?? "127.0.0.1"),
    platform: options.platform ?? systemPlatform,
  });
}

function requireMs(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  refuse(`${name} must be a whole number of milliseconds from ${least} to ${most}, not ${String(value)}`);
}

function requireAddress(address: string): Uint8Array {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (parts?.every((part) => part <= 255)) return Uint8Array.from(parts);
  refuse(`address must be an IPv4 address such as 192.0.2.7, not ${JSON.stringify(address)}`);
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
