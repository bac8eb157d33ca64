import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { durations } from "./nodes.js";

/** The machine's clock, and a lead that only grows: a session is due without waiting, in every process in turn. */
export function createLeadingPlatform(leadMs: number): { readonly platform: Platform; skip(): number } {
  let lead = leadMs;
  return {
    platform: {
      ...systemPlatform,
      now: () => systemPlatform.now() + lead,
      monotonic: () => systemPlatform.monotonic() + lead,
    },
    skip() {
      lead += durations.rotateAfterMs;
      return lead;
    },
  };
}

/** Long enough for everything that a test does. */
export const killRules: { readonly [Name in keyof typeof durations]: number } = {
  ...durations,
  idleMs: 30 * 86_400_000,
  absoluteMs: 90 * 86_400_000,
};
