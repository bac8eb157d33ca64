import type { Breaker } from "../../../base/breaker.js";
import type { Platform } from "../../../base/platform.js";
import type { AddressHealth } from "./health.js";

/**
 * The breaker of an upstream, as the connections to one of its addresses see it: what they meet is told to the health of the
 * address, and a failure is one of the upstream only while none of its addresses is in use.
 *
 * @param isAnyIn whether an address of the upstream is in use
 */
export function guardBreaker(
  breaker: Breaker,
  health: AddressHealth,
  isAnyIn: () => boolean,
  platform: Platform,
): Breaker {
  return {
    get state() {
      return breaker.state;
    },
    begin() {
      const attempt = breaker.begin();
      if (attempt === undefined) return undefined;
      const begunAt = platform.monotonic();
      return {
        isTrial: attempt.isTrial,
        succeeded() {
          attempt.succeeded();
          health.opened(begunAt);
        },
        failed(why) {
          health.failed(why, begunAt);
          if (isAnyIn()) attempt.dropped();
          else attempt.failed(why);
        },
        dropped: () => attempt.dropped(),
      };
    },
  };
}
