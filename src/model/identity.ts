import { AuthError } from "../base/errors.js";

/** A value that JSON carries unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The account that a request acts for. Handlers return it, or a wider type; routes see the type that the handler
 * returned. It is safe to log: put no secret in it.
 */
export interface Identity {
  /** The stable name of the account: 1 to 256 characters, no control characters. Sessions are listed and ended by it. */
  readonly subject: string;
  /** Roles that a route may require. */
  readonly roles?: readonly string[] | undefined;
}

/**
 * The account that operates as another; `actor` operates as it in turn (RFC 8693 §4.1: the outermost `act` is current).
 */
export interface Actor extends Identity {
  readonly actor?: Actor | undefined;
}

/** Returns an identity as an actor. Its own member `actor`, such as a claim of that name, is none. */
export function toActor(identity: Identity, actor: Actor | undefined): Actor {
  const { actor: _own, ...own } = identity as Actor;
  return actor === undefined ? own : { ...own, actor };
}

/**
 * Returns the subject of an actor, and in `via` those of the actors that operate as it in turn, nearest first: for
 * events.
 */
export function toActorNames(actor: Actor | undefined): {
  readonly actor: string | undefined;
  readonly via?: readonly string[];
} {
  const via: string[] = [];
  for (let next = actor?.actor; next !== undefined; next = next.actor) via.push(next.subject);
  return { actor: actor?.subject, ...(via.length > 0 && { via }) };
}

/** Long enough for a distinguished name or a URI; short enough for a header and an index. */
const maxSubjectLength = 256;

/**
 * An identity is kept with every session and in every node's memory; that of a person in a thousand groups is shorter.
 */
const maxJsonLength = 65_536;

// Control characters would split headers and log lines (CR, LF) or end strings early in other languages (NUL).
const control = /\p{Cc}/u;

/**
 * Checks an identity and returns it as JSON text, which stores keep.
 *
 * @throws {AuthError} `invalid_identity` when the subject is unusable, when JSON would change a value, such as a
 *   `Date`, a `Map` or `NaN`, or when the text is longer than 65,536 characters. The message names the property, never
 *   its value
 */
export function requireIdentityJson(identity: Identity): string {
  requireSubject(identity);
  requireJson(identity, "identity");
  const json = JSON.stringify(identity);
  if (json.length <= maxJsonLength) return json;
  throw new AuthError(
    "invalid_identity",
    `identity is longer than ${maxJsonLength} characters as JSON; keep the bulk elsewhere`,
  );
}

/**
 * Refuses an identity without a usable subject, or whose roles are no list of texts: of the text `"admin"` every part
 * would count as a role to `includes`.
 *
 * @throws {AuthError} `invalid_identity`
 */
export function requireSubject(identity: Identity): void {
  const subject: unknown = identity?.subject;
  if (isSubject(subject)) {
    requireRoles(identity.roles);
    return;
  }
  if (typeof subject !== "string" || subject === "" || subject.length > maxSubjectLength) {
    throw new AuthError("invalid_identity", `identity.subject must be a string of 1 to ${maxSubjectLength} characters`);
  }
  throw new AuthError("invalid_identity", "identity.subject must hold no control character or lone surrogate");
}

function requireRoles(roles: unknown): void {
  if (roles === undefined || isListOfTexts(roles)) return;
  throw new AuthError("invalid_identity", "identity.roles must be a list of texts, or left out");
}

/** Whether a value is a list whose items are all texts. */
export function isListOfTexts(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  // By index: `every` passes over the holes of a list.
  for (let index = 0; index < value.length; index += 1) if (typeof value[index] !== "string") return false;
  return true;
}

/** Whether a value can be the name of an account. */
export function isSubject(subject: unknown): subject is string {
  if (typeof subject !== "string" || subject === "" || subject.length > maxSubjectLength) return false;
  return !control.test(subject) && isWellFormed(subject);
}

/** Returns a deeply frozen copy of an identity, so that one request cannot change what the next one sees. */
export function fromIdentityJson<I extends Identity>(json: string): I {
  return freezeDeeply(JSON.parse(json)) as I;
}

/** Freezes a value that `JSON.parse` made, which has no cycles. A reviver would cost twice as much. */
export function freezeDeeply(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const item of Object.values(value)) freezeDeeply(item);
  return Object.freeze(value);
}

function requireJson(value: unknown, path: string): void {
  switch (typeof value) {
    case "string":
      if (isWellFormed(value)) return;
      break;
    case "boolean":
    case "undefined":
      return;
    case "number":
      if (Number.isFinite(value)) return;
      break;
    case "object": {
      if (value === null) return;
      if (Array.isArray(value)) {
        value.forEach((item, index) => {
          if (item === undefined) refuseJson(`${path}[${index}]`);
          requireJson(item, `${path}[${index}]`);
        });
        return;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      if ((prototype === Object.prototype || prototype === null) && !("toJSON" in value)) {
        for (const [key, item] of Object.entries(value)) requireJson(item, `${path}.${key}`);
        return;
      }
      break;
    }
  }
  refuseJson(path);
}

function refuseJson(path: string): never {
  throw new AuthError(
    "invalid_identity",
    `${path} does not survive JSON, so a session cannot keep it; return plain objects, arrays, strings, finite numbers, booleans or null`,
  );
}

/** A lone surrogate cannot be put into a protobuf string or UTF-8. `String.prototype.isWellFormed` in older typings. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
