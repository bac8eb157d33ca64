import type { Awaitable } from "../base/awaitable.js";

/** The part of a store in which fronts keep something beside sessions. It is atomic like every other. */
export interface SealedStore {
  /**
   * What a front keeps beside a session under a name of its own, apart from the session's data; version 0 with `content`
   * `undefined` while there is nothing. What a session that is over has kept can be read until its row goes. `undefined`: there
   * is no such row.
   */
  loadSealed(ref: string, name: string): Awaitable<SealedReading | undefined>;
  /**
   * Compare-and-set of it: version 0 adds it, and each write makes the version one more. It goes with the session's row.
   * Not durable: a power cut may undo the last writes.
   *
   * @param leaseMs how long from this write others shall leave it alone, by the store's clock. 0: not at all
   * @returns `false`, with nothing written, when the version is another or the session is gone or over
   */
  swapSealed(
    ref: string,
    name: string,
    version: number,
    content: string | undefined,
    leaseMs: number,
  ): Awaitable<boolean>;
}

/** What a front keeps beside a session. Stores never look into `content`, which is sealed. */
export interface SealedReading {
  /** The version that the next change must name. */
  readonly version: number;
  readonly content: string | undefined;
  /** How much is left of the lease that the last write took, in milliseconds. 0: there is none, or it is over. */
  readonly leaseMs: number;
  /** The session is revoked, or past its deadline: nothing can be written any more. */
  readonly isOver: boolean;
}
