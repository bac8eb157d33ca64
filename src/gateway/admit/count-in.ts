import type { Denial } from "../../model/decision.js";
import { refusals } from "../route/outcome.js";
import type { RateConfig, RouteConfig } from "../route/route-config.js";
import type { CallerCount } from "./caller-counts.js";

/**
 * Counts a request of a caller.
 *
 * @param now by the monotonic clock
 * @returns the denial of one too many; `undefined`: it counts as under way, until `countOut`
 */
export function countIn(
  count: CallerCount,
  { rate, limits }: Pick<RouteConfig, "rate" | "limits">,
  now: number,
): Denial | undefined {
  if (count.underWay >= (limits?.maxConcurrent ?? Number.POSITIVE_INFINITY)) return refusals.too_many_concurrent;
  const waitMs = rate === undefined ? 0 : takeRequest(count, rate, now);
  if (waitMs > 0) return rateLimited(waitMs);
  count.underWay += 1;
  return undefined;
}

/** Ends what `countIn` began. To be called once. */
export function countOut(count: CallerCount): void {
  count.underWay -= 1;
}

/** Times are sums of fractions of a millisecond. */
const slackMs = 0.001;

/**
 * Takes a request out of the bucket of a caller, which holds `burst` of them and gets one more every `refillMs`. The bucket is
 * kept as the time at which it is full: one number.
 *
 * @returns 0, or how long the caller has to wait for the next one, in milliseconds
 */
export function takeRequest(count: CallerCount, { refillMs, burst }: RateConfig, now: number): number {
  const wholeMs = burst * refillMs;
  // Never emptier than empty: a reload may have made the bucket smaller.
  count.fullAt = Math.min(Math.max(count.fullAt, now), now + wholeMs);
  const waitMs = count.fullAt + refillMs - now - wholeMs;
  if (waitMs > slackMs) return waitMs;
  count.fullAt += refillMs;
  return 0;
}

/** `Retry-After` has whole seconds (RFC 9110 §10.2.3). */
function rateLimited(waitMs: number): Denial {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return Object.freeze({
    ...refusals.rate_limited,
    headers: Object.freeze([["retry-after", String(seconds)] as const]),
  });
}
