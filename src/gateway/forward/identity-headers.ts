import type { Identity } from "../../model/identity.js";
import type { Caller } from "../../model/session.js";

/**
 * Returns the header fields that tell the upstream the caller: name, value, name, value. An absent value has no field;
 * an anonymous request has none at all.
 *
 * `x-sallyport-subject`, `-roles` (comma between them), `-actor` (the account that operates as the
 * subject; when nested, the nearest first), `-scheme`, `-session` (its
 * ref, no secret), and `-identity`: all that the handler returned, JSON in base64url. Values but the last are
 * percent-encoded: see `encodeHeaderValue`.
 */
export function toIdentityHeaders(caller: Caller | undefined): readonly string[] {
  if (caller === undefined) return [];
  let headers = remembered.get(caller);
  if (headers === undefined) {
    headers = toHeaders(caller);
    if ([caller, caller.identity, caller.actor].every(Object.isFrozen)) remembered.set(caller, headers);
  }
  return headers;
}

/** The names of all fields that `toIdentityHeaders` may return. */
const names = ["subject", "roles", "identity", "actor", "scheme", "session"].map((name) => `x-sallyport-${name}`);

/**
 * Returns the same as `toIdentityHeaders` with an empty value for each field that is absent: for a proxy that copies these
 * fields by name, and would send its client's own, or a placeholder, in the place of one that is not there.
 */
export function toWholeIdentity(caller: Caller | undefined): readonly string[] {
  if (caller === undefined) return nobody;
  const present = toIdentityHeaders(caller);
  let headers = rememberedWhole.get(present);
  if (headers === undefined) {
    headers = fill(present);
    rememberedWhole.set(present, headers);
  }
  return headers;
}

const fill = (present: readonly string[]): readonly string[] =>
  Object.freeze([...present, ...names.filter((name) => !present.includes(name)).flatMap((name) => [name, ""])]);

const nobody = fill([]);

/** By the list of `toIdentityHeaders`, which is one for each caller who is remembered. */
const rememberedWhole = new WeakMap<readonly string[], readonly string[]>();

/** Callers of a session, and of remembered credentials, are frozen and shared by their requests. */
const remembered = new WeakMap<Caller, readonly string[]>();

function toHeaders({ identity, actor, scheme, session }: Caller): string[] {
  const headers = toFields(identity);
  const actors: string[] = [];
  for (let one = actor; one !== undefined; one = one.actor) actors.push(encodeListItem(one.subject));
  if (actors.length > 0) headers.push("x-sallyport-actor", actors.join(","));
  headers.push("x-sallyport-scheme", encodeHeaderValue(scheme));
  if (session !== undefined) headers.push("x-sallyport-session", session.ref);
  return headers;
}

function toFields(identity: Identity): string[] {
  const fields = ["x-sallyport-subject", encodeHeaderValue(identity.subject)];
  const { roles = [] } = identity;
  const list = roles.map(encodeListItem).join(",");
  if (roles.length > 0) fields.push("x-sallyport-roles", list);
  fields.push("x-sallyport-identity", Buffer.from(JSON.stringify(identity)).toString("base64url"));
  return fields;
}

/** Encodes a name for a list, so that a comma inside it does not make two names. */
function encodeListItem(text: string): string {
  return encodeHeaderValue(text).replaceAll(",", "%2C");
}

/** Percent-encodes all but visible ASCII, and the percent sign itself, as UTF-8. `decodeURIComponent` decodes it. */
export function encodeHeaderValue(text: string): string {
  // A lone surrogate has no UTF-8; the engine refuses identities with one, and a header must not throw.
  return text.replace(/[^\x21-\x24\x26-\x7e]+/gu, (run) =>
    encodeURIComponent(run.replace(/\p{Surrogate}/gu, "\u{fffd}")),
  );
}
