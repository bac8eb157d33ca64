import type { Auth } from "../engine/auth.js";
import { resolveRules, type SessionRules, type SessionRulesOptions } from "../sessions/rules.js";

/**
 * Rules of the sessions that clients of the older wires open. `overlapping`: a Flight client may never look at a token
 * after its first. And what was offered may be claimed as late as a session may rest: these clients come back on a timer.
 *
 * @param own in place of the engine's.
 * @throws {AuthError} `invalid_options`
 */
export function toWireRules({ rules }: Pick<Auth, "rules">, own?: SessionRulesOptions): SessionRules {
  const resolved = resolveRules({ policy: "overlapping", ...(own ?? { ...rules, policy: "overlapping" }) });
  return Object.freeze({ ...resolved, unclaimedMs: own?.unclaimedMs ?? resolved.idleMs });
}

/**
 * How long a session lives for certain after any answer, milliseconds: use is written down once per `rotateAfterMs`, and
 * the token of an answer may have been issued that long ago. Clients come back after half of it.
 */
export function toDurationMs({ idleMs, lifetimeMs, rotateAfterMs }: SessionRules): number {
  return Math.min(idleMs, lifetimeMs) - rotateAfterMs;
}
