import { type RecheckTimes, resolveRecheck } from "../../../sessions/recheck.js";
import { resolveRules, type SessionRulesOptions } from "../../../sessions/rules.js";
import { type ConfigPath, toPathText } from "../document.js";
import { toDuration } from "../duration.js";
import { durationsOf, inMs, withoutMs } from "../in-ms.js";
import { type Part, part } from "../part.js";
import { faultOf } from "../read-context.js";
import { choice, duration, object, type RawOf, type Schema } from "../schema.js";

const ruleSchema = object(
  {
    policy: choice(
      ["confirm-then-cut", "overlapping"],
      "confirm-then-cut",
      "`confirm-then-cut` finds stolen tokens; `overlapping` is for clients that do not follow rotation.",
    ),
    rotateAfter: duration("5m", "The age at which a token is replaced."),
    overlap: duration("10s", "How long the token before is still accepted, for calls in flight."),
    straggler: duration("60s", "How much later a late request is refused without ending the session."),
    lifetime: duration("idle + rotateAfter", "With `overlapping`: how long one token is valid."),
    idle: duration("30m", "A session that is not used for this long ends."),
    absolute: duration("12h", "A session ends after this in any case."),
    unclaimed: duration("2m", "How long an offered token waits to be used for the first time."),
  },
  [],
  "Durations of sessions that open from now on.",
);

const recheckSchema = object(
  {
    recheck: duration("5m", "How often a handler is asked again about the account of a session that is used."),
    recheckStale: duration(
      "1h",
      "How long sessions go on while their handler cannot tell, since a directory is down; then 503. At least `recheck`.",
    ),
  },
  [],
  "When accounts are asked about again.",
);

/** Durations and policy of sessions, and when their accounts are asked about again. */
export type SessionConfig = SessionRulesOptions & Partial<RecheckTimes>;

const schema: Schema<RawOf<typeof ruleSchema> & RawOf<typeof recheckSchema>> = {
  ...ruleSchema,
  properties: { ...ruleSchema.properties, ...recheckSchema.properties },
  description:
    "Durations of sessions that open from now on; a session keeps those it opened with. `recheck` and `recheckStale` hold for all sessions.",
};

export const sessionSection: Part<SessionConfig> = part(schema, (raw = {}, path, context) => {
  const config = Object.freeze(inMs(schema, raw));
  for (const resolve of [resolveRules, resolveRecheck]) {
    const fault = faultOf(() => resolve(config));
    if (fault !== undefined) context.report(placeOf(fault, raw, path), `${toPathText(path)}: ${inUnits(fault)}`);
  }
  return config;
});

/** Durations and policy of sessions that a wire opens, whose clients may keep the token of their log-in. */
export const wireSession: Part<SessionRulesOptions | undefined> = part(
  {
    ...ruleSchema,
    description:
      "Durations and policy of sessions that open here. Default: those of `session`, with the policy `overlapping`, since " +
      "these clients may keep the token of their log-in.",
  },
  (raw, path, context) => raw && sessionSection.read({ policy: "overlapping", ...raw }, path, context),
);

/** Returns the place of the first setting that the message names and the file has. */
function placeOf(message: string, raw: object, path: ConfigPath): ConfigPath {
  const [first] = durationsOf(schema)
    .filter((name) => name in raw && message.includes(`${name}Ms`))
    .sort((a, b) => message.indexOf(`${a}Ms`) - message.indexOf(`${b}Ms`));
  return first === undefined ? path : [...path, first];
}

/** Replaces the names and values of rules in a message by those of settings: `idleMs (60000)` by `idle (1m)`. */
function inUnits(message: string): string {
  return withoutMs(message).replaceAll(/\((\d+)\)/g, (_text, ms) => `(${toDuration(Number(ms))})`);
}
