import type { BreakerState, Outside } from "../../base/breaker.js";

/** What is fetched from a provider. */
type Part = "metadata" | "keys";

/** Whether a provider answers, for metrics: it decides nothing. */
export interface ProviderHealth {
  /** Called when a fetch begins, and with how it ended. */
  tell(part: Part, what: "asked" | "answered" | "failed"): void;
  outside(): Outside;
}

/** @param issuer from the options: the addresses that a provider names are its own choice */
export function createProviderHealth(issuer: string): ProviderHealth {
  const states = new Map<Part, BreakerState>();
  return {
    tell(part, what) {
      if (what === "failed") states.set(part, "open");
      else if (what === "answered") states.delete(part);
      else if (states.has(part)) states.set(part, "half_open");
    },
    outside() {
      const all = [...states.values()];
      const state = all.includes("open") ? "open" : (all[0] ?? "closed");
      return { kind: "provider", name: issuer, state };
    },
  };
}
