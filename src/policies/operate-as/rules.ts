import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import type { Identity } from "../../model/identity.js";
import { suggest } from "../../wire/closest.js";
import type { Grant, OperateAsPolicy, OperateAsRequest } from "./policy.js";

/**
 * A rule that lets some actors operate as some targets. Every condition that is given must hold; a rule needs at least
 * one for the actor and one for the target. Names are subjects, exact, or with `*` for any run of characters.
 */
export interface OperateAsRule {
  readonly actors?: readonly string[] | undefined;
  /** The actor has one of these roles. */
  readonly actorRoles?: readonly string[] | undefined;
  readonly targets?: readonly string[] | undefined;
  /** The target has one of these roles. */
  readonly targetRoles?: readonly string[] | undefined;
  /** Targets to which the rule does not apply. */
  readonly except?: readonly string[] | undefined;
  readonly exceptRoles?: readonly string[] | undefined;
  /**
   * The actor logged in by one of these schemes, in any case, such as `"Basic"`. A rule without `schemes` and `scopes` is
   * not for credentials with scopes, such as an API key: they do not stand for the whole account of the actor.
   */
  readonly schemes?: readonly string[] | undefined;
  /** The actor's credentials have one of these scopes. Credentials without scopes, such as a password, have none. */
  readonly scopes?: readonly string[] | undefined;
  /** The `acr` of the actor's log-in is one of these. */
  readonly acrValues?: readonly string[] | undefined;
  /**
   * How long ago, in milliseconds, the actor may have proved who they are when they begin to operate. A log-in of unknown
   * age is refused. Default: any age.
   */
  readonly maxAgeMs?: number | undefined;
  /** Apply the rule to tickets of these services only, and to no session. */
  readonly services?: readonly string[] | undefined;
  /** Whether the actor must give a reason. Default: `false`. */
  readonly reasonRequired?: boolean | undefined;
  /** How long at most, in milliseconds. Default: as long as any other session. */
  readonly maxMs?: number | undefined;
  /**
   * Also allow an actor that already operates as another account. Default: `false`, since rights that were lent should
   * not be lent on.
   */
  readonly nested?: boolean | undefined;
  /**
   * The session goes on when the one from which the actor began it ends, by log-out, theft or otherwise. Not with
   * `nested`. Default: `false`.
   */
  readonly detached?: boolean | undefined;
}

/** Options of `operateAsRules`. */
export interface OperateAsRulesOptions<I extends Identity> {
  /**
   * Returns the account of this name, whose rights the session has; `null`, `undefined` or `false` when there is none
   * or it is disabled.
   */
  identify(subject: string): Awaitable<I | null | undefined | false>;
  /** The rules. The first that matches grants; if none matches, the request is refused. */
  readonly rules: readonly OperateAsRule[];
}

const operateAsRulesKinds: OptionKinds<OperateAsRulesOptions<Identity>> = { identify: "function", rules: "list!" };

/**
 * Makes a policy of rules, for `createAuth({ operateAs: operateAsRules({ rules, identify }) })`.
 *
 * @throws {AuthError} `invalid_options` without `identify`, or for a rule without a condition for actor and target, or
 *   with an unknown or malformed one
 */
export function operateAsRules<I extends Identity>(options: OperateAsRulesOptions<I>): OperateAsPolicy<I> {
  if (typeof options?.identify !== "function") {
    throw new AuthError(
      "invalid_options",
      "operateAsRules needs identify: (subject) => the account, or null when there is none",
    );
  }
  requireOptions("operateAsRules", options, operateAsRulesKinds);
  const rules = options.rules.map(compile);
  return Object.freeze({
    identify: (subject: string) => options.identify(subject),
    grant: (request: OperateAsRequest<I>): Grant | undefined => rules.find((rule) => rule.fits(request))?.grant,
  });
}

interface CompiledRule {
  readonly grant: Grant;
  fits(request: OperateAsRequest): boolean;
}

// A misspelt or malformed condition would be no condition: `"admin"` in place of a list of roles would include the role
// "a".
const lists: ReadonlySet<string> = new Set([
  ...["actors", "actorRoles", "targets", "targetRoles", "except", "exceptRoles", "services"],
  ...["schemes", "scopes", "acrValues"],
]);

const flags: ReadonlySet<string> = new Set(["reasonRequired", "nested", "detached"]);

const durations: ReadonlySet<string> = new Set(["maxMs", "maxAgeMs"]);

const conditions: readonly string[] = [...lists, ...flags, ...durations];

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string" && item !== "");
}

function compile(rule: OperateAsRule, index: number): CompiledRule {
  const where = `operateAs.rules[${index}]`;
  if (rule.actors === undefined && rule.actorRoles === undefined) refuse(`${where} needs actors or actorRoles`);
  if (rule.targets === undefined && rule.targetRoles === undefined) refuse(`${where} needs targets or targetRoles`);
  for (const [name, value] of Object.entries(rule) as [string, unknown][]) {
    if (value === undefined) continue;
    if (flags.has(name)) {
      if (typeof value !== "boolean") refuse(`${where}.${name} must be true or false`);
    } else if (lists.has(name)) {
      if (!isListOfNames(value)) {
        refuse(`${where}.${name} must be a list of names with at least one; leave it out for no condition`);
      }
    } else if (durations.has(name)) {
      if (Number.isSafeInteger(value) && (value as number) > 0) continue;
      refuse(`${where}.${name} must be a whole number of milliseconds of at least 1`);
    } else refuse(`${where}: there is no condition ${name}${suggest(name, conditions)}`);
  }
  const { maxMs, maxAgeMs, acrValues } = rule;
  if (rule.nested === true && rule.detached === true) {
    refuse(`${where} is both nested and detached: rights that were lent end with the session of who lent them`);
  }
  const schemes = rule.schemes && new Set(rule.schemes.map((name) => name.toLowerCase()));
  const scoped = schemes !== undefined || rule.scopes !== undefined;
  const isActor = toMatcher(rule.actors);
  const isTarget = toMatcher(rule.targets);
  const isExcepted = rule.except === undefined ? () => false : toMatcher(rule.except);
  const hasService = rule.services === undefined ? undefined : new Set(rule.services);
  return {
    grant: Object.freeze({ maxMs, nested: rule.nested === true, scoped, detached: rule.detached === true }),
    fits({ actor, target, reason, service, scheme, scopes, acr, ageMs }) {
      if (scopes !== undefined && !scoped) return false;
      if (schemes !== undefined && !(scheme !== undefined && schemes.has(scheme))) return false;
      if (rule.scopes !== undefined && !(scopes?.some((scope) => rule.scopes?.includes(scope)) ?? false)) return false;
      if (acrValues !== undefined && !(acr !== undefined && acrValues.includes(acr))) return false;
      // Written so that an unknown age is not fresh.
      if (maxAgeMs !== undefined && !((ageMs ?? Number.NaN) <= maxAgeMs)) return false;
      if (actor.actor !== undefined && rule.nested !== true) return false;
      if (!isActor(actor.subject) || !isTarget(target.subject) || isExcepted(target.subject)) return false;
      if (!hasOneOf(actor, rule.actorRoles) || !hasOneOf(target, rule.targetRoles)) return false;
      if (rule.exceptRoles !== undefined && hasOneOf(target, rule.exceptRoles)) return false;
      if (hasService !== undefined && (service === undefined || !hasService.has(service))) return false;
      return rule.reasonRequired !== true || reason !== undefined;
    },
  };
}

function hasOneOf({ roles }: Identity, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (roles?.some((role) => wanted.includes(role)) ?? false);
}

/** Compiles names to one anchored pattern, in which every character but `*` stands for itself. */
function toMatcher(names: readonly string[] | undefined): (name: string) => boolean {
  if (names === undefined) return () => true;
  const exact = new Set(names.filter((name) => !name.includes("*")));
  const patterns = names.filter((name) => name.includes("*")).map((name) => name.split("*"));
  return (name) => exact.has(name) || patterns.some((parts) => hasParts(name, parts));
}

/**
 * Whether a name begins with the first part, ends with the last one and has the others between them in order. The earliest
 * place of each part leaves most to the next, so nothing is tried twice: a regular expression of five stars takes minutes.
 */
function hasParts(name: string, [first = "", ...rest]: readonly string[]): boolean {
  const last = rest.pop() ?? "";
  const end = name.length - last.length;
  if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return from <= end;
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
