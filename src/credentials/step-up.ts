import { AuthError } from "../base/errors.js";
import type { StepUp } from "../model/decision.js";
import type { Caller } from "../model/session.js";

/**
 * How far ahead of ours the clock may be that says when somebody logged in. A log-in further in the future is one of unknown
 * age: an `auth_time` in milliseconds would else be fresh for ever.
 */
const clockToleranceMs = 60_000;

/**
 * Whether the log-in behind a call is as fresh and as strong as a route asks. A log-in of unknown age is not fresh.
 *
 * @param now milliseconds since 1970
 */
export function isSufficient(caller: Caller, { maxAgeMs, acrValues }: StepUp, now: number): boolean {
  const { authenticatedAt, acr } = caller;
  if (maxAgeMs !== undefined) {
    const ageMs = now - (authenticatedAt ?? Number.NaN);
    // Written so that what is no number is not fresh.
    if (!(ageMs <= maxAgeMs && ageMs >= -clockToleranceMs)) return false;
  }
  return acrValues === undefined || (acr !== undefined && acrValues.includes(acr));
}

/** RFC 9470 §3: what a client must ask for at its next log-in, as parameters of the challenge. */
export function stepUpParameters({ maxAgeMs, acrValues }: StepUp): string {
  let parameters = "";
  if (acrValues !== undefined) parameters += `, acr_values="${acrValues.join(" ")}"`;
  if (maxAgeMs !== undefined) parameters += `, max_age="${Math.floor(maxAgeMs / 1_000)}"`;
  return parameters;
}

/**
 * Refuses what could never be satisfied, or would break a challenge.
 *
 * @throws {AuthError} `invalid_options`
 */
export function requireStepUp(stepUp: StepUp): StepUp {
  const { maxAgeMs, acrValues } = stepUp;
  if (maxAgeMs !== undefined && !(Number.isSafeInteger(maxAgeMs) && maxAgeMs >= 0)) {
    throw new AuthError("invalid_options", "stepUp.maxAgeMs must be a whole number of milliseconds of at least 0");
  }
  if (acrValues !== undefined && !(acrValues.length > 0 && acrValues.every((value) => acrShape.test(value)))) {
    throw new AuthError("invalid_options", "stepUp.acrValues must be a list of values in visible ASCII without quotes");
  }
  return stepUp;
}

const acrShape = /^[!#-[\]-~]{1,128}$/;
