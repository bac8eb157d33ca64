import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { AuthFront } from "../../engine/front.js";
import type { Decision, DenialReason } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { firstOf } from "../../model/raw-headers.js";
import type { AuthRequest } from "../../model/request.js";

/** How long a proxy may take until it asks about one request again, in milliseconds. */
const keepMs = 5_000;

/** Beyond them the oldest are forgotten, and asked anew. */
const maxKept = 10_000;

interface Kept<I extends Identity> {
  readonly about: AuthRequest;
  readonly url: string;
  readonly decision: Awaitable<Decision<I>>;
  readonly at: number;
  release: () => void;
}

/** Remembers what was decided about a request whose proxy may ask twice. */
export interface KeptDecisions<I extends Identity> {
  /** Returns the decision of before about the same request, or makes it by `authenticate`. */
  decide(about: AuthRequest, url: string, authenticate: () => Awaitable<Decision<I>>): Awaitable<Decision<I>>;
}

/**
 * Makes the memory of decisions. nginx asks twice about one request, with `error_page` and `try_files`: the second question
 * must not count a wrong password twice, take a proof for a replay, or lose the token that the first answer brought.
 *
 * A request is the same when the id that its proxy gave it (`X-Request-Id`), method, target, connection's address and all header
 * fields are. What comes out the same when it is decided again, as for most requests with a token, is not kept.
 */
export function createKeptDecisions<I extends Identity>(
  { hold }: Pick<AuthFront<I>, "hold">,
  platform: Platform,
): KeptDecisions<I> {
  const known = new Map<string, Kept<I>>();
  let isSwept = false;

  function forget(id: string, entry: Kept<I>): void {
    entry.release();
    if (known.get(id) === entry) known.delete(id);
  }

  /** The oldest come first. */
  function sweep(): void {
    const now = platform.monotonic();
    for (const [id, entry] of known) {
      if (now - entry.at < keepMs && known.size <= maxKept) break;
      forget(id, entry);
    }
  }

  function sweepLater(): void {
    if (isSwept) return;
    isSwept = true;
    platform.delay(keepMs, () => {
      isSwept = false;
      sweep();
      if (known.size > 0) sweepLater();
    });
  }

  function keep(id: string, about: AuthRequest, url: string, decision: Awaitable<Decision<I>>): void {
    const entry: Kept<I> = { about, url, decision, at: platform.monotonic(), release: ignore };
    const before = known.get(id);
    if (before !== undefined) forget(id, before);
    known.set(id, entry);
    sweep();
    sweepLater();
    // It is forgotten when the session that let the caller in ends.
    const watch = (made: Decision<I>): void => {
      if (made.kind === "allowed" && known.get(id) === entry)
        entry.release = hold(made.caller, () => forget(id, entry));
    };
    if (decision instanceof Promise) decision.then(watch, () => forget(id, entry));
    else watch(decision);
  }

  return {
    decide(about, url, authenticate) {
      const id = firstOf(about.rawHeaders, "x-request-id");
      if (id === undefined) return authenticate();
      const entry = known.get(id);
      if (entry !== undefined && platform.monotonic() - entry.at < keepMs && isSame(entry, about, url))
        return entry.decision;
      const decision = authenticate();
      if (decision instanceof Promise || isSpent(decision)) keep(id, about, url, decision);
      return decision;
    },
  };
}

/** Whether to decide again would count, or give something, twice. */
function isSpent(decision: Decision): boolean {
  if (decision.kind === "allowed") return decision.offer !== undefined || decision.headers !== undefined;
  return decision.kind === "denied" && counted.has(decision.reason);
}

const counted: ReadonlySet<DenialReason> = new Set(["invalid_credentials", "invalid_dpop_proof", "use_dpop_nonce"]);

function isSame({ about, url }: Kept<Identity>, other: AuthRequest, otherUrl: string): boolean {
  const { rawHeaders } = about;
  return (
    url === otherUrl &&
    about.method === other.method &&
    about.peer.address === other.peer.address &&
    rawHeaders.length === other.rawHeaders.length &&
    rawHeaders.every((part, index) => part === other.rawHeaders[index])
  );
}

function ignore(): void {}
