import { Gauge, type Registry } from "prom-client";
import type { BreakerState, Outside } from "../../base/breaker.js";

const states: readonly BreakerState[] = ["closed", "half_open", "open"];

/**
 * Makes the gauge of the things outside this process: a series for each state of each, one of them 1 and the others 0, as
 * OpenMetrics writes a set of states.
 *
 * @param list read when metrics are collected. Its names come from the configuration
 */
export function addBreakerMetrics(registry: Registry, list: () => Iterable<Outside>): void {
  new Gauge({
    name: "sallyport_breaker_state",
    help: "Whether a thing outside is asked (closed), tried (half_open) or not asked (open): 1 for the state that it is in.",
    labelNames: ["kind", "name", "state"],
    registers: [registry],
    collect() {
      this.reset();
      for (const thing of list()) {
        for (const state of states)
          this.set({ kind: thing.kind, name: thing.name, state }, thing.state === state ? 1 : 0);
      }
    },
  });
}
