import { resolveThrottle, type ThrottleOptions } from "../../../policies/throttle/options.js";
import { inMs, withoutMs } from "../in-ms.js";
import { faultOf } from "../read-context.js";
import { count, duration, flag, object, type Schema } from "../schema.js";
import { type Section, section } from "./section.js";

const failures = (fallback: number, minimum: number, maximum: number, description: string): Schema<number> => ({
  type: "integer",
  minimum,
  maximum,
  title: `a whole number from ${minimum} to ${maximum}`,
  default: fallback,
  description,
});

const schema = object(
  {
    off: flag("`true` turns the throttle off. Only where a proxy in front of the gateway limits guesses."),
    freeFailures: failures(
      10,
      0,
      99,
      "Wrong passwords of one account before the first delay. Less than `maxFailures`.",
    ),
    firstDelay: duration("1s", "The delay after the next wrong password; each further one doubles it."),
    longestDelay: duration("15m", "The longest delay."),
    forgetFailure: duration(
      "15m",
      "How long a wrong password counts for the delay: each time this has passed, one is forgotten.",
    ),
    maxFailures: failures(
      99,
      1,
      100,
      "Wrong passwords in a row after which an account accepts none, until its owner logs in by other means or an operator resets it.",
    ),
    sourceBurst: count(
      30,
      "Failed log-ins that one source may have at once: an IPv4 address, or the /64 of an IPv6 one.",
    ),
    sourceRefill: duration("3s", "The time after which one more is allowed."),
    totalBurst: count(1_000, "Failed log-ins that all sources together may have at once."),
    totalRefill: duration("100ms", "The time after which one more is allowed."),
    maxUnderWay: count(64, "Passwords that are checked at a time; for more the answer is 503."),
  },
  [],
  "Limits on password guesses. They never apply to tokens, keys or certificates.",
);

/** The limits on password guesses. */
export const throttleSection: Section<ThrottleOptions | false> = section(schema, (raw = {}, path, context) => {
  const { off, ...options } = inMs(schema, raw);
  const fault = faultOf(() => resolveThrottle(options));
  if (fault !== undefined) {
    const message = withoutMs(fault);
    const name = /^throttle\.(\w+)/.exec(message)?.[1];
    context.report(name === undefined ? path : [...path, name], message);
  }
  return off === true ? false : Object.freeze(options);
});
