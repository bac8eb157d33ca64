import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireOptions } from "../base/options.js";
import { requireWholeNumber } from "../base/whole-number.js";
import type { StepUp } from "../model/decision.js";
import type { Caller } from "../model/session.js";

/**
 * How far the time of a log-in may lie ahead of our clock. A log-in further in the future counts as one of unknown age:
 * otherwise an `auth_time` in milliseconds instead of seconds would be fresh for ever.
 */
export const clockToleranceMs = 60_000;

/**
 * Whether the log-in behind a call is as fresh and as strong as a route asks. A log-in of unknown age is not fresh.
 *
 * @param now milliseconds since 1970
 */
export function isSufficient(caller: Caller, { maxAgeMs, acrValues }: StepUp, now: number): boolean {
  const { authenticatedAt, acr } = caller;
  if (maxAgeMs !== undefined) {
    const ageMs = now - (authenticatedAt ?? Number.NaN);
    // Written so that `NaN` is not fresh.
    if (!(ageMs <= maxAgeMs && ageMs >= -clockToleranceMs)) return false;
  }
  return acrValues === undefined || (acr !== undefined && acrValues.includes(acr));
}

/** Writes the challenge parameters that tell a client what its next log-in must satisfy (RFC 9470 §3). */
export function stepUpParameters({ maxAgeMs, acrValues }: StepUp): string {
  let parameters = "";
  if (acrValues !== undefined) parameters += `, acr_values="${acrValues.join(" ")}"`;
  if (maxAgeMs !== undefined) parameters += `, max_age="${Math.floor(maxAgeMs / 1_000)}"`;
  return parameters;
}

/**
 * Checks step-up options and returns them.
 *
 * @throws {AuthError} `invalid_options` for options that no log-in could satisfy, or that would make a malformed
 *   challenge
 */
export function requireStepUp(stepUp: StepUp): StepUp {
  requireOptions("stepUp", stepUp, stepUpKinds);
  const { maxAgeMs, acrValues } = stepUp;
  if (maxAgeMs !== undefined) requireWholeNumber("stepUp.maxAgeMs", maxAgeMs, 0);
  if (acrValues !== undefined && !(acrValues.length > 0 && acrValues.every((value) => acrShape.test(value)))) {
    throw new AuthError("invalid_options", "stepUp.acrValues must be a list of values in visible ASCII without quotes");
  }
  return stepUp;
}

const stepUpKinds: OptionKinds<StepUp> = { maxAgeMs: "any", acrValues: "strings" };

const acrShape = /^[!#-[\]-~]{1,128}$/;
