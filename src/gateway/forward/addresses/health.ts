import { ignoreFailure } from "../../../base/awaitable.js";
import type { Platform } from "../../../base/platform.js";

export interface AddressHealthParts {
  /** The upstream and the address, to begin a sentence: `"upstream app: 10.0.0.1:80"`. */
  readonly what: string;
  readonly platform: Platform;
  /** It has health checks: then only a check brings it back, and no request tries it. */
  readonly isChecked: boolean;
  /** Called when the address goes out, and when it comes back. */
  readonly onWarning: (message: string) => void;
  /** Whether another address of the upstream is in. */
  readonly hasOther: () => boolean;
  /** Called when it has come back. */
  readonly onBack: () => void;
}

/**
 * What took an address out. `connection`: one could not be opened, and an open one brings it back. `broken`: it broke requests
 * off, and an answer brings it back. `check`: its health checks failed.
 */
type Cause = "connection" | "broken" | "check";

/** The first time that an address is out, and the longest, in milliseconds. Each is twice the one before. */
const firstRestMs = 1_000;
const longestRestMs = 30_000;

/** After so long in a row in use the next time out is the first one again, in milliseconds. */
const steadyMs = 60_000;

/** So long one request alone tries an address, in milliseconds. Then it is the next one's turn. */
const trialMs = 5_000;

/**
 * So many requests in a row must be broken off. One may be: a caller can ask for what makes a server break off, and must not
 * take the address from the others, whose answers come between.
 */
const breaksToLeave = 3;

/** So many health checks in a row must fail: one is lost now and then. */
const checksToLeave = 2;

/** Whether an address of an upstream gets requests. It is in at first. */
export class AddressHealth {
  readonly #parts: AddressHealthParts;
  #cause: Cause | undefined;
  #outSince = 0;
  #inSince = Number.NEGATIVE_INFINITY;
  #restMs = firstRestMs;
  #restUntil = 0;
  /** When the last failure was met that counts. */
  #failedAt = Number.NEGATIVE_INFINITY;
  #breaks = 0;
  /** When the last request that counts was broken off. */
  #brokeAt = Number.NEGATIVE_INFINITY;
  #failedChecks = 0;

  constructor(parts: AddressHealthParts) {
    this.#parts = parts;
  }

  get isIn(): boolean {
    return this.#cause === undefined;
  }

  /** Returns whether the request at hand is to try an address that is out, as one may when its time is over. */
  beginTrial(): boolean {
    if (this.#cause === undefined || this.#parts.isChecked) return false;
    const now = this.#parts.platform.monotonic();
    if (now < this.#restUntil) return false;
    this.#restUntil = now + trialMs;
    return true;
  }

  /** Ends its time: the next request tries it. */
  hurry(): void {
    this.#restUntil = 0;
  }

  /** A connection that was begun at this time is open. */
  opened(begunAt: number): void {
    if (this.#cause === "connection" && begunAt >= this.#failedAt && !this.#parts.isChecked) this.#comeBack();
  }

  /**
   * A connection that was begun at this time could not be opened. No caller can cause that.
   *
   * @param why to follow the address: `"refused the connection"`
   */
  failed(why: string, begunAt: number): void {
    this.#rest("connection", why, begunAt);
  }

  /** @param isTrial of the request that was to try it */
  answered(isTrial: boolean): void {
    this.#breaks = 0;
    if (isTrial && this.#cause !== undefined && !this.#parts.isChecked) this.#comeBack();
  }

  /** A request that was begun at this time was broken off before anything of an answer came. */
  brokeOff(begunAt: number): void {
    // Those that were under way at a time have one cause, such as the end of their connection.
    if (begunAt < this.#brokeAt) return;
    this.#brokeAt = this.#parts.platform.monotonic();
    this.#breaks += 1;
    // What a caller may cause never takes the last one.
    if (this.#breaks < breaksToLeave || !this.#parts.hasOther()) return;
    this.#rest("broken", `broke off ${breaksToLeave} requests in a row before an answer`, begunAt);
  }

  /** @param fault what the check met; `undefined`: it succeeded */
  checked(fault: string | undefined): void {
    if (fault === undefined) {
      this.#failedChecks = 0;
      if (this.#cause !== undefined) this.#comeBack();
      return;
    }
    this.#failedChecks += 1;
    if (this.#failedChecks < checksToLeave || !this.isIn) return;
    this.#cause = "check";
    this.#goOut(`fails its health checks: ${fault}`);
  }

  #rest(cause: Cause, why: string, begunAt: number): void {
    const wasIn = this.isIn;
    // Of many that fail at a time the first one counts.
    if (begunAt < this.#failedAt || (!wasIn && this.#parts.isChecked)) return;
    const now = this.#parts.platform.monotonic();
    const isAnew = wasIn && now - this.#inSince >= steadyMs;
    this.#failedAt = now;
    this.#restMs = isAnew ? firstRestMs : Math.min(2 * this.#restMs, longestRestMs);
    this.#restUntil = now + this.#restMs;
    this.#cause = cause;
    if (wasIn) this.#goOut(why);
  }

  #goOut(why: string): void {
    const { platform, hasOther, isChecked } = this.#parts;
    this.#outSince = platform.monotonic();
    const until = isChecked ? "until a check succeeds" : `and one tries it, first in ${this.#restMs / 1_000} s`;
    const meanwhile = hasOther()
      ? `Requests go to the other addresses, ${until}`
      : "It was the last one in use: all addresses are tried";
    this.#tell(`${why}. ${meanwhile}`);
  }

  #comeBack(): void {
    this.#cause = undefined;
    this.#inSince = this.#parts.platform.monotonic();
    this.#tell(`is in use again, after ${Math.round((this.#inSince - this.#outSince) / 1_000)} s`);
    this.#parts.onBack();
  }

  #tell(words: string): void {
    const { what, onWarning } = this.#parts;
    ignoreFailure(() => onWarning(`${what} ${words}`));
  }
}
