import { AuthError } from "../../base/errors.js";
import type { AccountRule, BucketRule } from "./rule.js";

/** How guesses at passwords are slowed down: what `createAuth({ throttle })` takes. Durations in milliseconds. */
export interface ThrottleOptions {
  /**
   * Failures of one account that cost nothing. Default: 10: a person has a handful of passwords to try, and a program
   * that starts on ten nodes at once logs in ten times before the first log-in is done.
   */
  readonly freeFailures?: number | undefined;
  /** The delay after the first failure beyond; each one more doubles it. Default: 1,000. */
  readonly firstDelayMs?: number | undefined;
  /** Default: 900,000, a quarter of an hour: 96 guesses a day. */
  readonly longestDelayMs?: number | undefined;
  /** How long a failure counts for the delay; failures are forgotten one after the other. Default: 900,000. */
  readonly forgetFailureMs?: number | undefined;
  /**
   * Failures of one account in a row after which no password is accepted any more, until its owner logs in by other means
   * or an operator resets it. Default: 99; 100 at most (NIST SP 800-63B-4 §3.2.2).
   */
  readonly maxFailures?: number | undefined;
  /**
   * Failures, and log-ins under way, that one source may have at once. Default: 30: fewer than wait for a hash, so that
   * no single source fills that queue.
   */
  readonly sourceBurst?: number | undefined;
  /** One more each time this has passed. Default: 3,000: what an office behind one address mistypes. */
  readonly sourceRefillMs?: number | undefined;
  /** The same for all sources together. Default: 1,000. */
  readonly totalBurst?: number | undefined;
  /** Default: 100: ten failures a second, far beyond honest ones, and a fraction of what hashing takes. */
  readonly totalRefillMs?: number | undefined;
  /**
   * Guesses that one process looks at at a time; beyond, the answer is `unavailable`, and nothing is counted. Default: 64, as
   * many as wait for a hash. More than `sourceBurst`, or one source takes all.
   */
  readonly maxUnderWay?: number | undefined;
}

export interface ThrottleRules {
  readonly account: AccountRule;
  readonly source: BucketRule;
  readonly total: BucketRule;
  readonly maxUnderWay: number;
}

const longestMs = 366 * 24 * 60 * 60 * 1_000;

/**
 * Defaults filled in, checked, frozen.
 *
 * @throws {AuthError} `invalid_options`
 */
export function resolveThrottle(options: ThrottleOptions = {}): ThrottleRules {
  const whole = (name: keyof ThrottleOptions, fallback: number, least: number, most: number): number => {
    const value = options[name] ?? fallback;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new AuthError(
      "invalid_options",
      `throttle.${name} must be a whole number${name.endsWith("Ms") ? " of milliseconds" : ""} from ${least} to ${most}, not ${String(value)}`,
    );
  };
  const maxFailures = whole("maxFailures", 99, 1, 100);
  const firstDelayMs = whole("firstDelayMs", 1_000, 1, longestMs);
  const account = Object.freeze({
    freeFailures: whole("freeFailures", Math.min(10, maxFailures - 1), 0, maxFailures - 1),
    firstDelayMs,
    longestDelayMs: whole("longestDelayMs", Math.max(900_000, firstDelayMs), firstDelayMs, longestMs),
    forgetFailureMs: whole("forgetFailureMs", 900_000, 1, longestMs),
    maxFailures,
  });
  const bucket = (which: "source" | "total", burst: number, refillMs: number): BucketRule =>
    Object.freeze({
      burst: whole(`${which}Burst`, burst, 1, 1_000_000),
      refillMs: whole(`${which}RefillMs`, refillMs, 1, longestMs),
    });
  return Object.freeze({
    account,
    source: bucket("source", 30, 3_000),
    total: bucket("total", 1_000, 100),
    maxUnderWay: whole("maxUnderWay", 64, 1, 1_000_000),
  });
}
