import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import type { AccountRule, BucketRule } from "./rule.js";

/** Options of the throttle of guesses at passwords, for `createAuth({ throttle })`. Durations are in milliseconds. */
export interface ThrottleOptions {
  /**
   * How many failures of one account cause no delay. Default: 10, since a person has a handful of passwords to try, and
   * a program that starts on ten nodes at once logs in ten times before the first log-in is done. Less than
   * `maxFailures`.
   */
  readonly freeFailures?: number | undefined;
  /** The delay after the first further failure, in milliseconds; each next failure doubles it. Default: 1,000. */
  readonly firstDelayMs?: number | undefined;
  /** The longest delay, in milliseconds. Default: 900,000, a quarter of an hour, which allows 96 guesses a day. */
  readonly longestDelayMs?: number | undefined;
  /**
   * How long a failure counts for the delay, in milliseconds; failures are forgotten one after the other. Default:
   * 900,000.
   */
  readonly forgetFailureMs?: number | undefined;
  /**
   * After how many consecutive failures of one account no password is accepted, until its owner logs in by other means
   * or an operator resets it. Default: 99, since at most 100 are allowed (NIST SP 800-63B-4 §3.2.2).
   */
  readonly maxFailures?: number | undefined;
  /**
   * How many failures and log-ins under way one source may have at once. Default: 30, fewer than may wait for a hash,
   * so that one source cannot fill that queue.
   */
  readonly sourceBurst?: number | undefined;
  /**
   * The interval at which a source gets one more, in milliseconds. Default: 3,000, enough for the mistakes of an office
   * behind one address.
   */
  readonly sourceRefillMs?: number | undefined;
  /** How many failures and log-ins under way all sources together may have at once. Default: 1,000. */
  readonly totalBurst?: number | undefined;
  /**
   * The interval at which all sources together get one more, in milliseconds. Default: 100, ten failures a second: far
   * more than honest users cause, and a fraction of what hashing can do.
   */
  readonly totalRefillMs?: number | undefined;
  /**
   * How many guesses one process checks at a time; further ones are `unavailable`, and not counted. Default: 64, as
   * many as may wait for a hash. Keep it above `sourceBurst`, or one source can take all places.
   */
  readonly maxUnderWay?: number | undefined;
}

const throttleKinds: OptionKinds<ThrottleOptions> = {
  freeFailures: "any",
  firstDelayMs: "any",
  longestDelayMs: "any",
  forgetFailureMs: "any",
  maxFailures: "any",
  sourceBurst: "any",
  sourceRefillMs: "any",
  totalBurst: "any",
  totalRefillMs: "any",
  maxUnderWay: "any",
};

export interface ThrottleRules {
  readonly account: AccountRule;
  readonly source: BucketRule;
  readonly total: BucketRule;
  readonly maxUnderWay: number;
}

const longestMs = 366 * 24 * 60 * 60 * 1_000;

/**
 * Fills in the defaults, checks the options and freezes them.
 *
 * @throws {AuthError} `invalid_options` for a number out of range
 */
export function resolveThrottle(options: ThrottleOptions = {}): ThrottleRules {
  requireOptions("throttle", options, throttleKinds);
  const whole = (name: keyof ThrottleOptions, fallback: number, least: number, most: number): number =>
    requireWholeNumber(`throttle.${name}`, options[name] ?? fallback, least, most);
  const maxFailures = whole("maxFailures", 99, 1, 100);
  const firstDelayMs = whole("firstDelayMs", 1_000, 1, longestMs);
  const freeFailures = whole("freeFailures", Math.min(10, maxFailures - 1), 0, 99);
  if (freeFailures >= maxFailures) {
    const message = `throttle.freeFailures (${freeFailures}) must be less than maxFailures (${maxFailures})`;
    throw new AuthError("invalid_options", `${message}; lower it, or raise maxFailures, to 100 at most`);
  }
  const account = Object.freeze({
    freeFailures,
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
