import { resolveThrottle, type ThrottleOptions } from "../../../policies/throttle/options.js";
import { inMs, withoutMs } from "../in-ms.js";
import { faultOf } from "../read-context.js";
import { count, duration, flag, object, type Schema } from "../schema.js";
import { type Section, section } from "./section.js";

const failures = (fallback: number, minimum: number, description: string): Schema<number> => ({
  type: "integer",
  minimum,
  maximum: 100,
  title: `a whole number from ${minimum} to 100`,
  default: fallback,
  description,
});

const schema = object(
  {
    off: flag("Guesses are not slowed down. Only where something in front of the gateway does it."),
    freeFailures: failures(10, 0, "Wrong passwords of one account that cost nothing."),
    firstDelay: duration("1s", "The delay after the first one beyond; each one more doubles it."),
    longestDelay: duration("15m", "No delay is longer."),
    forgetFailure: duration("15m", "How long a wrong password counts for the delay; one after the other is forgotten."),
    maxFailures: failures(
      99,
      1,
      "Wrong passwords in a row after which an account accepts none, until its owner logs in by other means or an operator resets it.",
    ),
    sourceBurst: count(
      30,
      "Failed log-ins that one source may have at once: an IPv4 address, or the /64 of an IPv6 one.",
    ),
    sourceRefill: duration("3s", "One more each time this has passed."),
    totalBurst: count(1_000, "Failed log-ins of all sources together at once."),
    totalRefill: duration("100ms", "One more each time this has passed."),
    maxUnderWay: count(64, "Passwords that are looked at at a time; beyond, the answer is 503."),
  },
  [],
  "How guesses at passwords are slowed down. Never tokens, keys or certificates.",
);

/** How guesses at passwords are slowed down. */
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
