import { type OperateAsRule, operateAsRules } from "../../../policies/operate-as/rules.js";
import { parseDuration } from "../duration.js";
import { type HandlerConfig, hasUsers, openUsers } from "../handlers.js";
import { faultOf, itemsOf, itemsOfEach } from "../read-context.js";
import { duration, flag, list, object, path, type RawOf, text } from "../schema.js";
import { roles, scheme, subjects } from "../shared-schemas.js";
import { warnOfRoles } from "../warn-of-roles.js";
import { type Section, section } from "./section.js";

export interface OperateAsConfig {
  /** The handler with the user file in which targets are looked up. */
  readonly users: HandlerConfig;
  readonly rules: readonly OperateAsRule[];
}

const rule = object(
  {
    actors: subjects("The subjects that may operate as another, exact or with `*` for any run of characters."),
    actorRoles: roles("The roles that may operate as another: the actor must have one of them."),
    targets: subjects("The subjects that the actor may operate as, in the same form."),
    targetRoles: roles("The target must have one of these roles."),
    except: subjects("Subjects that are never a target, in the same form."),
    exceptRoles: roles("Accounts with one of these roles are never a target."),
    schemes: list(
      scheme,
      "a list of schemes, such as [Basic]",
      "Only for actors who logged in by one of these schemes. Credentials with scopes, such as an API key, need a rule with `schemes` or `scopes`.",
    ),
    scopes: list(
      text("a scope", "A scope, as your application names it."),
      "a list of scopes, such as [support]",
      "Only for actors whose credentials, such as an API key, have one of these scopes.",
    ),
    acr: list(
      text("a value of acr", "An authentication context class, as the identity provider names it."),
      "a list of values of acr",
      "Only for actors whose log-in has one of these classes.",
    ),
    maxAge: duration("any age", "How long ago the actor may have proved who they are when they begin to operate."),
    services: subjects("Only for tickets of these services."),
    reasonRequired: flag("The actor must give a reason."),
    maxDuration: duration("none", "The longest time that such a session may last."),
    nested: flag("Also for an actor who operates as another account already."),
    detached: flag("The session goes on when the one from which the actor began it ends. Not with `nested`."),
  },
  [],
  "One rule. All its conditions must hold; it needs at least one for the actor and one for the target.",
);

const schema = object(
  {
    users: path(
      "The user file in which targets are looked up. Default: that of the `Basic` handler. An account that is not in it, or is disabled, is never a target.",
    ),
    rules: {
      ...list(rule, "a list of rules", "The first rule that matches decides. Without one the actor is refused."),
      minItems: 1,
    },
  },
  ["rules"],
  "The accounts that may operate as other accounts. Default: none.",
);

/** The rules of operating as another account, and the users in which targets are looked up. */
export const operateAsSection: Section<OperateAsConfig | undefined> = section(schema, (raw, path, context) => {
  if (raw === undefined) return undefined;
  const rules = itemsOf(raw.rules).map(readRule);
  rules.forEach((rule, index) => {
    const fault = faultOf(() => operateAsRules({ identify: () => null, rules: [rule] }));
    // The fault names the rule's index in a list of one; it is replaced by the index in the file.
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
  if (fault === undefined) {
    rules.forEach((rule, index) => {
      const at = [...path, "rules", index];
      warnOfRoles(rule.actorRoles, [...at, "actorRoles"], context);
      warnOfRoles(rule.targetRoles, [...at, "targetRoles"], context, users);
      warnOfRoles(rule.exceptRoles, [...at, "exceptRoles"], context, users);
    });
  }
  return Object.freeze({ users, rules: Object.freeze(rules) });
});

function readRule(raw: RawOf<typeof rule>): OperateAsRule {
  const { maxDuration, maxAge, acr, reasonRequired, nested, detached, ...lists } = raw;
  const maxMs = maxDuration === undefined ? undefined : parseDuration(maxDuration);
  const maxAgeMs = maxAge === undefined ? undefined : parseDuration(maxAge);
  const acrValues = acr && itemsOf(acr);
  return Object.freeze({ ...itemsOfEach(lists), acrValues, reasonRequired, nested, detached, maxMs, maxAgeMs });
}
