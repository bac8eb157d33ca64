import { resolveRules, type SessionRules, type SessionRulesOptions } from "../sessions/rules.js";

/**
 * Returns the rules of sessions that clients of the older protocols open. The policy is `overlapping`, since a Flight
 * client may ignore every token after its first. `unclaimedMs` is raised to `idleMs`: these clients present the token
 * only when their timer fires.
 *
 * @param own rules in place of the engine's
 * @throws {AuthError} `invalid_options` for durations that contradict each other
 */
export function toWireRules(rules: SessionRules, own?: SessionRulesOptions): SessionRules {
  const resolved = resolveRules({ policy: "overlapping", ...(own ?? { ...rules, policy: "overlapping" }) });
  return Object.freeze({ ...resolved, unclaimedMs: own?.unclaimedMs ?? resolved.idleMs });
}

/**
 * Returns how long a session surely lives after any answer, in milliseconds: use is recorded once per `rotateAfterMs`,
 * and the token of an answer may have been issued that long ago. Clients come back after half of this time.
 */
export function toDurationMs({ idleMs, lifetimeMs, rotateAfterMs }: SessionRules): number {
  return Math.min(idleMs, lifetimeMs) - rotateAfterMs;
}
