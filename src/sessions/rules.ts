import { AuthError } from "../base/errors.js";
import type { OptionKinds } from "../base/options.js";
import type { SessionRules } from "../model/session.js";

export type { SessionRules };

const second = 1_000;

const minute = 60 * second;

const hour = 60 * minute;

const day = 24 * hour;

/** The durations of sessions, in milliseconds, and the policy; for the defaults see `resolveRules`. */
export type SessionRulesOptions = { readonly [Name in keyof SessionRules]?: SessionRules[Name] | undefined };

/** Longer than any session should be, and short enough that no sum of instants leaves the exact integers. */
/** The names and kinds of `SessionRulesOptions`. */
export const sessionRulesKinds: OptionKinds<SessionRulesOptions> = {
  policy: "any",
  rotateAfterMs: "any",
  overlapMs: "any",
  stragglerMs: "any",
  lifetimeMs: "any",
  idleMs: "any",
  absoluteMs: "any",
  unclaimedMs: "any",
};

const longestMs = 3_660 * day;

/**
 * Fills in the defaults of session rules, checks them and freezes them.
 *
 * | option | default | why |
 * |---|---|---|
 * | `policy` | `"confirm-then-cut"` | finds theft; `"overlapping"` is for carriers that do not follow rotation |
 * | `rotateAfterMs` | 5 min | a copied token is found or dead within minutes; two writes per session in that time |
 * | `overlapMs` | 10 s | longer than calls in flight take; also how late a new token may still be sent |
 * | `stragglerMs` | 60 s, at most 0.75 × `rotateAfterMs` | browsers queue a composed request behind six busy connections |
 * | `lifetimeMs` | `idleMs + rotateAfterMs` | one token of `"overlapping"` outlives any pause that the idle limit allows |
 * | `idleMs` | 30 min, at least 2 × `rotateAfterMs`, at most `absoluteMs` | OWASP ASVS 4.0 §3.3.2, level 2 |
 * | `absoluteMs` | 12 h | the same section: one log-in a working day |
 * | `unclaimedMs` | 2 min, at most `absoluteMs` | time to read the token of an answer and send it back once |
 *
 * @throws {AuthError} `invalid_options`, with a message that says what to change
 */
export function resolveRules(options: SessionRulesOptions = {}): SessionRules {
  const policy = options.policy ?? "confirm-then-cut";
  if (policy !== "confirm-then-cut" && policy !== "overlapping") {
    refuse(`policy must be "confirm-then-cut" or "overlapping"`);
  }
  const rotateAfterMs = duration(options, "rotateAfterMs", 5 * minute);
  // Exact in binary, so a whole number of milliseconds never rounds up over the bound of the proof in rotation.ts.
  const longestStragglerMs = Math.floor(0.75 * rotateAfterMs);
  const overlapMs = duration(options, "overlapMs", Math.min(10 * second, Math.max(1, Math.floor(rotateAfterMs / 2))));
  const stragglerMs = duration(options, "stragglerMs", Math.min(minute, longestStragglerMs), 0);
  const absoluteMs = duration(options, "absoluteMs", 12 * hour);
  const idleMs = duration(options, "idleMs", Math.min(Math.max(30 * minute, 2 * rotateAfterMs), absoluteMs));
  const unclaimedMs = duration(options, "unclaimedMs", Math.min(2 * minute, absoluteMs));
  const lifetimeMs = duration(options, "lifetimeMs", Math.min(idleMs + rotateAfterMs, longestMs));

  // Two generations are accepted from a confirmation until overlapMs later: that must stay the exception.
  if (2 * overlapMs > rotateAfterMs) {
    refuse(`overlapMs (${overlapMs}) must be at most half of rotateAfterMs (${rotateAfterMs}); shorten overlapMs`);
  }
  // Beyond this bound the two instants that a row keeps would not suffice to tell a straggler from a thief.
  if (stragglerMs > longestStragglerMs) {
    refuse(
      `stragglerMs (${stragglerMs}) must be at most 0.75 × rotateAfterMs (${longestStragglerMs}); shorten it or lengthen rotateAfterMs`,
    );
  }
  if (absoluteMs < 2 * rotateAfterMs) {
    refuse(
      `absoluteMs (${absoluteMs}) must be at least 2 × rotateAfterMs (${2 * rotateAfterMs}); shorten rotateAfterMs`,
    );
  }
  // Use is recorded once per rotateAfterMs, so the idle limit is only that exact.
  if (idleMs < 2 * rotateAfterMs) {
    refuse(
      `idleMs (${idleMs}) must be at least 2 × rotateAfterMs (${2 * rotateAfterMs}); lengthen idleMs or shorten rotateAfterMs`,
    );
  }
  if (idleMs > absoluteMs) {
    refuse(`idleMs (${idleMs}) would never take effect beyond absoluteMs (${absoluteMs}); shorten it or leave it out`);
  }
  if (unclaimedMs > absoluteMs) {
    refuse(`unclaimedMs (${unclaimedMs}) would never take effect beyond absoluteMs (${absoluteMs}); shorten it`);
  }
  // A client that learns its next token at the first call after the turn must still hold a valid one by then.
  if (lifetimeMs < rotateAfterMs + overlapMs) {
    refuse(
      `lifetimeMs (${lifetimeMs}) must be at least rotateAfterMs + overlapMs (${rotateAfterMs + overlapMs}); lengthen it`,
    );
  }
  return Object.freeze({
    policy,
    rotateAfterMs,
    overlapMs,
    stragglerMs,
    lifetimeMs,
    idleMs,
    absoluteMs,
    unclaimedMs,
  });
}

function duration(
  options: SessionRulesOptions,
  name: Exclude<keyof SessionRules, "policy">,
  otherwise: number,
  least = 1,
): number {
  const value = options[name] ?? otherwise;
  if (!Number.isSafeInteger(value) || value < least || value > longestMs) {
    refuse(`${name} must be a whole number of milliseconds from ${least} to ${longestMs} (ten years)`);
  }
  return value;
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
