import { AuthError } from "../base/errors.js";

/** A value that JSON carries unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * Who a request acts for. Handlers return it, or anything wider; routes see exactly the type that the handler returned.
 * It is safe to log: put no secret in it.
 */
export interface Identity {
  /** The stable name of the account: 1 to 256 characters, no control characters. Sessions are listed and ended by it. */
  readonly subject: string;
  /** What a route may require. */
  readonly roles?: readonly string[] | undefined;
}

/** Who operates as somebody else, and by whom in turn (RFC 8693 §4.1: the outermost `act` is the current actor). */
export interface Actor extends Identity {
  readonly actor?: Actor | undefined;
}

/** The names of an actor, and of those as whom they act already, nearest first: for events. */
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

/** It is kept with every session and in every node's memory; a person in a thousand groups stays below. */
const maxJsonLength = 65_536;

// Control characters would split headers and log lines (CR, LF) or end strings early in other languages (NUL).
const control = /\p{Cc}/u;

/**
 * The identity as JSON text, checked: this is what a store keeps.
 *
 * @throws {AuthError} `invalid_identity` when the subject is unusable or a value would come back different,
 *   such as a `Date`, a `Map` or `NaN`, or when it is larger than 64 KiB. The message names the property, never its
 *   value.
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
 * Refuses an identity without a usable subject.
 *
 * @throws {AuthError} `invalid_identity`
 */
export function requireSubject(identity: Identity): void {
  const subject: unknown = identity?.subject;
  if (isSubject(subject)) return;
  if (typeof subject !== "string" || subject === "" || subject.length > maxSubjectLength) {
    throw new AuthError("invalid_identity", `identity.subject must be a string of 1 to ${maxSubjectLength} characters`);
  }
  throw new AuthError("invalid_identity", "identity.subject must hold no control character or lone surrogate");
}

/** Whether it can be the name of an account. */
export function isSubject(subject: unknown): subject is string {
  if (typeof subject !== "string" || subject === "" || subject.length > maxSubjectLength) return false;
  return !control.test(subject) && isWellFormed(subject);
}

/** Our own copy of an identity, deeply frozen: one request cannot change what the next one sees. */
export function fromIdentityJson<I extends Identity>(json: string): I {
  return freezeDeeply(JSON.parse(json)) as I;
}

/** Only for what `JSON.parse` made: a tree, as deep as the text was. A reviver would cost twice as much. */
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
