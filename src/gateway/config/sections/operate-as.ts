import { type OperateAsRule, operateAsRules } from "../../../policies/operate-as/rules.js";
import { parseDuration } from "../duration.js";
import { type HandlerConfig, hasUsers, openUsers } from "../handlers.js";
import { faultOf, itemsOf, itemsOfEach } from "../read-context.js";
import { duration, flag, list, object, path, type RawOf } from "../schema.js";
import { roles, subjects } from "../shared-schemas.js";
import { type Section, section } from "./section.js";

export interface OperateAsConfig {
  /** Where targets are looked up: a handler that has users. */
  readonly users: HandlerConfig;
  readonly rules: readonly OperateAsRule[];
}

const rule = object(
  {
    actors: subjects("Who may: subjects, exact or with `*` for any run of characters."),
    actorRoles: roles("Who may: whoever has one of these roles."),
    targets: subjects("As whom: subjects, in the same form."),
    targetRoles: roles("As whom: whoever has one of these roles."),
    except: subjects("Never as these."),
    exceptRoles: roles("Never as whoever has one of these roles."),
    services: subjects("Only for tickets of these services."),
    reasonRequired: flag("The actor must say why."),
    maxDuration: duration("none", "How long at most."),
    nested: flag("Also for an actor who operates as somebody already."),
  },
  [],
  "One rule. All that it names must hold; it needs one condition for the actor and one for the target.",
);

const schema = object(
  {
    users: path(
      "The user file in which targets are looked up. Default: the one of the `Basic` handler. Who is not in it, or disabled, is nobody's target.",
    ),
    rules: { ...list(rule, "a list of rules", "The first that fits decides; none: refused."), minItems: 1 },
  },
  ["rules"],
  "Who may operate as whom. Default: nobody as anybody.",
);

/** Who may operate as whom, and where targets are looked up. */
export const operateAsSection: Section<OperateAsConfig | undefined> = section(schema, (raw, path, context) => {
  if (raw === undefined) return undefined;
  const rules = itemsOf(raw.rules).map(readRule);
  rules.forEach((rule, index) => {
    const fault = faultOf(() => operateAsRules({ identify: () => null, rules: [rule] }));
    // It says which rule of its list: here it is the only one.
    if (fault !== undefined) context.report([...path, "rules", index], fault.replace("rules[0]", `rules[${index}]`));
  });
  const users: HandlerConfig | undefined =
    raw.users === undefined
      ? context.above.handlers.find(hasUsers)
      : { kind: "users", scheme: "Basic", file: context.resolve(raw.users) };
  if (users === undefined) {
    context.report(path, "operateAs.users is missing, and no handler has a user file; say where targets are");
    return undefined;
  }
  const fault = raw.users === undefined ? undefined : faultOf(() => openUsers(users, () => {}));
  if (fault !== undefined) context.report([...path, "users"], `operateAs.users: ${fault}`);
  return Object.freeze({ users, rules: Object.freeze(rules) });
});

function readRule({ maxDuration, reasonRequired, nested, ...lists }: RawOf<typeof rule>): OperateAsRule {
  const maxMs = maxDuration === undefined ? undefined : parseDuration(maxDuration);
  return Object.freeze({ ...itemsOfEach(lists), reasonRequired, nested, maxMs });
}
