import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { requireSubject } from "../../model/identity.js";
import { apiKeyDigest, makeApiKeyText } from "./text.js";

/** What is kept of an API key: nothing that logs anybody in. Instants are milliseconds since 1970. */
export interface ApiKeyRecord {
  /** The public part of the key, 16 hexadecimal digits. */
  readonly id: string;
  /** What a person calls it. */
  readonly name: string;
  /** Who it acts for. */
  readonly subject: string;
  /** SHA-256 of the whole key, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly createdAt: number;
  /** From then on it is refused. Without it, never. */
  readonly expiresAt?: number | null | undefined;
  /** With any value it is refused. */
  readonly revokedAt?: number | null | undefined;
}

/** What `createApiKey` takes. */
export interface CreateApiKeyOptions {
  /** What a person calls it, such as `"ci 2027"`: 1 to 256 characters. */
  readonly name: string;
  /** Who it acts for. Default: the name. Two keys of one subject let you change keys without a gap. */
  readonly subject?: string | undefined;
  /** What it may do, in your words (RFC 6749 §3.3: visible ASCII but `"` and `\`). Default: none. */
  readonly scopes?: readonly string[] | undefined;
  /** Roles of the identity: letters, digits and any of `_ . @ / -`. Default: none. */
  readonly roles?: readonly string[] | undefined;
  /** Milliseconds since 1970 from when it is refused. Default: never; a key that ends by itself is worth less to a thief. */
  readonly expiresAt?: number | undefined;
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/**
 * Makes an API key. Show `key` once, to whoever will use it, and keep `record`: the key cannot be made from it.
 *
 * @throws {AuthError} `invalid_options` for a name, subject, scope, role or expiry that cannot be.
 */
export function createApiKey(options: CreateApiKeyOptions): { readonly key: string; readonly record: ApiKeyRecord } {
  const { name, subject = name, scopes = [], roles = [], expiresAt, platform = systemPlatform } = options;
  const createdAt = platform.now();
  const { id, key } = makeApiKeyText(platform.random);
  const sha256 = apiKeyDigest(key).toString("hex");
  const record = { id, name, subject, sha256, scopes, roles, createdAt, ...(expiresAt !== undefined && { expiresAt }) };
  const fault = apiKeyFault(record);
  if (fault !== undefined) throw new AuthError("invalid_options", `createApiKey: ${fault}`);
  if (expiresAt !== undefined && expiresAt <= createdAt) {
    throw new AuthError("invalid_options", "createApiKey: expiresAt is over already. It is milliseconds since 1970");
  }
  return Object.freeze({ key, record: freezeRecord(record) });
}

/** What is wrong with a record, and what to do; `undefined` when it is fine. Never shows the hash. */
export function apiKeyFault(record: ApiKeyRecord): string | undefined {
  const { id, name, subject, sha256, scopes, roles } = record;
  if (!isApiKeyId(id)) return "id must be 16 lower-case hexadecimal digits";
  if (!matches(sha256, /^[0-9a-f]{64}$/)) return "sha256 must be 64 lower-case hexadecimal digits";
  if (!isSubject(name)) return "name must be 1 to 256 characters without control characters";
  if (!isSubject(subject)) return "subject must be 1 to 256 characters without control characters";
  if (!areAll(scopes, /^[\x21\x23-\x5b\x5d-\x7e]+$/)) {
    return 'scopes must be a list of words, of visible ASCII without " and \\ (RFC 6749 §3.3)';
  }
  if (!areAll(roles, /^[\w.@/-]+$/)) return "roles must be a list of words, of letters, digits and any of _ . @ / -";
  if (!Number.isFinite(record.createdAt)) return "createdAt must be an instant";
  // A comparison with NaN is false, and such a key would never expire.
  if (!isInstantOrNone(record.expiresAt)) return "expiresAt must be an instant, or be left out";
  if (!isInstantOrNone(record.revokedAt)) return "revokedAt must be an instant, or be left out";
  return undefined;
}

export function isApiKeyId(id: unknown): boolean {
  return matches(id, /^[0-9a-f]{16}$/);
}

export function freezeRecord(record: ApiKeyRecord): ApiKeyRecord {
  const { scopes, roles } = record;
  return Object.freeze({ ...record, scopes: Object.freeze([...scopes]), roles: Object.freeze([...roles]) });
}

function matches(text: unknown, pattern: RegExp): boolean {
  return typeof text === "string" && pattern.test(text);
}

function areAll(list: unknown, pattern: RegExp): boolean {
  return Array.isArray(list) && list.every((item) => matches(item, pattern));
}

function isInstantOrNone(instant: unknown): boolean {
  return instant === undefined || instant === null || Number.isFinite(instant);
}

function isSubject(subject: string): boolean {
  try {
    requireSubject({ subject });
    return true;
  } catch {
    return false;
  }
}
