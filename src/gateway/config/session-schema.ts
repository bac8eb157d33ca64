import { duration, object, type Schema } from "./schema.js";

/** Durations and policy of sessions. */
export const session: Schema = object(
  {
    policy: {
      type: "string",
      enum: ["confirm-then-cut", "overlapping"],
      title: "confirm-then-cut or overlapping",
      default: "confirm-then-cut",
      description: "`confirm-then-cut` finds stolen tokens; `overlapping` is for clients that do not follow rotation.",
    },
    rotateAfter: duration("5m", "The age at which a token is replaced."),
    overlap: duration("10s", "How long the token before is still good for calls in flight."),
    straggler: duration("60s", "How much later a late request is refused without ending the session."),
    lifetime: duration("idle + rotateAfter", "With `overlapping`: how long one token is good."),
    idle: duration("30m", "A session that is not used for this long ends."),
    absolute: duration("12h", "A session ends after this in any case."),
    unclaimed: duration("2m", "How long an offered token waits to be used for the first time."),
  },
  [],
  "Durations of sessions that open from now on. A session keeps those it opened with.",
);
