import { ignoreFailure } from "./awaitable.js";
import type { Platform } from "./platform.js";

/** `closed`: it is asked. `open`: it is not asked, and callers are refused at once. `half_open`: one attempt tries it. */
export type BreakerState = "closed" | "half_open" | "open";

/** A thing outside this process, and whether it is asked now: for metrics. */
export interface Outside {
  readonly kind: "upstream" | "directory" | "provider" | "store" | "authorizer";
  /** From the configuration or the options, never from a request or from the thing itself. */
  readonly name: string;
  readonly state: BreakerState;
}

/**
 * Failures of this machine: a client that opens many connections can cause them, and they say nothing about the other end.
 */
const ownFaults: ReadonlySet<unknown> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
  "EAGAIN",
  "EADDRINUSE",
  "EADDRNOTAVAIL",
]);

/** Whether an attempt failed for want of something on this machine, such as descriptors: then it was `dropped`. */
export function isOwnFault(error: unknown): boolean {
  return ownFaults.has((error as { readonly code?: unknown } | null | undefined)?.code);
}

export interface BreakerOptions {
  /** The thing, to begin a sentence: `"upstream echo"`. */
  readonly what: string;
  /** What callers get while it is open, and what an operator does: `"log-ins get 503; look at …"`. */
  readonly meanwhile: string;
  readonly platform: Platform;
  /** Called when it opens and when it closes. */
  readonly onWarning: (message: string) => void;
}

/** Keeps callers from waiting for a thing that does not answer. */
export interface Breaker {
  readonly state: BreakerState;
  /** Returns an attempt, of which exactly one method must be called; `undefined`: the thing is not to be asked now. */
  begin(): BreakerAttempt | undefined;
}

export interface BreakerAttempt {
  /** Whether it is the one that finds out if an open breaker may close. Others wait for it: end it soon. */
  readonly isTrial: boolean;
  /** The thing answered, whatever it said. */
  succeeded(): void;
  /**
   * The thing did not answer. Call it only for what no caller can cause, or one caller could shut the others out.
   *
   * @param why to follow the name of the thing: `"refused the connection"`. No secret
   */
  failed(why: string): void;
  /** The attempt ended and says nothing about the thing, such as by a caller that left. */
  dropped(): void;
}

/** Fewer failures say little: a connection is lost now and then. */
const failuresToOpen = 3;

/**
 * For so long nothing must have succeeded, in milliseconds. Where one of several servers behind an address is down, failures
 * come in a row by chance, but not without a success for a second.
 */
const spanToOpenMs = 1_000;

/**
 * So long after the last failure the next attempt is made, in milliseconds. Constant, since one attempt at a time is a
 * burden to no thing, and one that is back should be found at once.
 */
const restMs = 1_000;

/**
 * Makes a breaker. It opens after three failures in a row without a success for a second, and then lets one attempt at a
 * time through, a second after the one before has failed. Any success closes it. It has no timer.
 */
export function createBreaker({ what, meanwhile, platform, onWarning }: BreakerOptions): Breaker {
  let failures = 0;
  /** When the first of the failures in a row was begun. */
  let failingSince = 0;
  let isOpen = false;
  let restUntil = 0;
  let trial: BreakerAttempt | undefined;

  function settle(attempt: BreakerAttempt): void {
    if (trial === attempt) trial = undefined;
  }

  function fail(begunAt: number, why: string): void {
    const now = platform.monotonic();
    if (failures === 0 || begunAt < failingSince) failingSince = begunAt;
    failures += 1;
    if (failures < failuresToOpen || now - failingSince < spanToOpenMs) return;
    isOpen = true;
    restUntil = now + restMs;
    const times = `${failures} times in a row`;
    ignoreFailure(() =>
      onWarning(`${what} ${why}, ${times}. Until it answers, which is tried every second, ${meanwhile}`),
    );
  }

  return {
    get state() {
      if (!isOpen) return "closed";
      return trial === undefined ? "open" : "half_open";
    },
    begin() {
      const begunAt = platform.monotonic();
      if (isOpen && (trial !== undefined || begunAt < restUntil)) return undefined;
      const isTrial = isOpen;
      const attempt: BreakerAttempt = {
        isTrial,
        succeeded() {
          settle(attempt);
          failures = 0;
          if (!isOpen) return;
          isOpen = false;
          trial = undefined;
          const seconds = Math.round((platform.monotonic() - failingSince) / 1_000);
          ignoreFailure(() => onWarning(`${what} answers again, after ${seconds} s`));
        },
        failed(why) {
          settle(attempt);
          if (!isOpen) fail(begunAt, why);
          // Those that were begun before it opened say what is known.
          else if (isTrial) restUntil = platform.monotonic() + restMs;
        },
        dropped: () => settle(attempt),
      };
      if (isTrial) trial = attempt;
      return attempt;
    },
  };
}
