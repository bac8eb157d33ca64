import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { AuthFront } from "../../engine/front.js";
import type { Decision, Denial, DenialReason } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { firstOf } from "../../model/raw-headers.js";
import type { AuthRequest } from "../../model/request.js";

/** How long a proxy may take until it asks about one request again, in milliseconds. */
const keepMs = 5_000;

/** Beyond them the oldest are forgotten, and asked anew. */
const maxKept = 10_000;

/** Of all requests that are kept, in characters of their headers: a client can fill a header block. */
const mostCharacters = 16 * 1024 * 1024;

/**
 * How often a decision is used again. nginx asks about one request in `auth_request`, after `try_files` and after `error_page`;
 * behind a proxy that passes its client's `X-Request-Id` on, a client could go by a rate with one id for all its requests.
 */
const mostRepeats = 3;

/** What was decided about a request. */
export interface Ruling<I extends Identity> {
  readonly decision: Decision<I>;
  /** Why it may not pass; `undefined`: it may. */
  readonly denial: Denial | undefined;
  /** Why, for operators. */
  readonly detail?: string | undefined;
}

interface Kept<I extends Identity> {
  readonly about: AuthRequest;
  readonly url: string;
  readonly ruling: Awaitable<Ruling<I>>;
  readonly at: number;
  readonly characters: number;
  repeats: number;
  release: () => void;
}

/** Remembers what was decided about a request whose proxy may ask twice. */
export interface KeptDecisions<I extends Identity> {
  /**
   * Returns the ruling of before about the same request, or makes it.
   *
   * @param counts whether to make it counts, as for a rate
   */
  decide(about: AuthRequest, url: string, counts: boolean, make: () => Awaitable<Ruling<I>>): Awaitable<Ruling<I>>;
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
  let characters = 0;
  let isSwept = false;

  function forget(id: string, entry: Kept<I>): void {
    entry.release();
    if (known.get(id) !== entry) return;
    known.delete(id);
    characters -= entry.characters;
  }

  /** The oldest come first. */
  function sweep(): void {
    const now = platform.monotonic();
    for (const [id, entry] of known) {
      if (now - entry.at < keepMs && known.size <= maxKept && characters <= mostCharacters) break;
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

  function keep(id: string, about: AuthRequest, url: string, ruling: Awaitable<Ruling<I>>): void {
    const entry: Kept<I> = {
      ...{ about, url, ruling, at: platform.monotonic(), repeats: 0, release: ignore },
      characters: about.rawHeaders.reduce((sum, { length }) => sum + length, url.length),
    };
    const before = known.get(id);
    if (before !== undefined) forget(id, before);
    known.set(id, entry);
    characters += entry.characters;
    sweep();
    sweepLater();
    // It is forgotten when the session that let the caller in ends.
    const watch = ({ decision: made }: Ruling<I>): void => {
      if (made.kind === "allowed" && known.get(id) === entry)
        entry.release = hold(made.caller, () => forget(id, entry));
    };
    if (ruling instanceof Promise) ruling.then(watch, () => forget(id, entry));
    else watch(ruling);
  }

  return {
    decide(about, url, counts, make) {
      const id = firstOf(about.rawHeaders, "x-request-id");
      if (id === undefined) return make();
      const entry = known.get(id);
      if (entry !== undefined && platform.monotonic() - entry.at < keepMs && isSame(entry, about, url)) {
        entry.repeats += 1;
        if (entry.repeats <= mostRepeats) return entry.ruling;
      }
      const ruling = make();
      if (ruling instanceof Promise || counts || isSpent(ruling.decision)) keep(id, about, url, ruling);
      return ruling;
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
