import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { isScope } from "../../credentials/permission.js";
import { isSubject } from "../../model/identity.js";
import { isRoleName } from "../role-name.js";
import { apiKeyDigest, makeApiKeyText } from "./text.js";

/** The stored record of an API key, from which the key cannot be made. Instants are milliseconds since 1970. */
export interface ApiKeyRecord {
  /** The public part of the key, 16 hexadecimal digits. */
  readonly id: string;
  /** The name of the key, for people. */
  readonly name: string;
  /** The subject of the identity. */
  readonly subject: string;
  /** SHA-256 of the whole key, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly createdAt: number;
  /** When the key expires. Default: never. */
  readonly expiresAt?: number | null | undefined;
  /** When the key was revoked. A key with any value here is refused. */
  readonly revokedAt?: number | null | undefined;
}

/** Options of `createApiKey`. */
export interface CreateApiKeyOptions {
  /** The name of the key, for people, such as `"ci 2027"`: 1 to 256 characters. */
  readonly name: string;
  /** The subject of the identity. Default: the name. Two keys of one subject allow changing keys without a gap. */
  readonly subject?: string | undefined;
  /**
   * The scopes of the key, which your application defines (RFC 6749 §3.3: visible ASCII but `"` and `\`). Default:
   * none.
   */
  readonly scopes?: readonly string[] | undefined;
  /** Roles of the identity: letters, digits and any of `_ . @ / -`. Default: none. */
  readonly roles?: readonly string[] | undefined;
  /**
   * When the key expires, in milliseconds since 1970. Default: never; set it, since a key that expires is worth less to
   * a thief.
   */
  readonly expiresAt?: number | undefined;
  /** The clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const createApiKeyKinds: OptionKinds<CreateApiKeyOptions> = {
  name: "any",
  subject: "any",
  scopes: "any",
  roles: "any",
  expiresAt: "number",
  platform: "object",
};

/**
 * Makes an API key. Show `key` once to the user of the key, and store `record`: the key cannot be made from it.
 *
 * @throws {AuthError} `invalid_options` for a malformed name, subject, scope or role, or an expiry in the past
 */
export function createApiKey(options: CreateApiKeyOptions): { readonly key: string; readonly record: ApiKeyRecord } {
  requireOptions("createApiKey", options, createApiKeyKinds);
  const { name, subject = name, scopes = [], roles = [], expiresAt, platform = systemPlatform } = options;
  const createdAt = platform.now();
  const { id, key } = makeApiKeyText(platform.random);
  const sha256 = apiKeyDigest(key).toString("hex");
  const record = { id, name, subject, sha256, scopes, roles, createdAt, ...(expiresAt !== undefined && { expiresAt }) };
  const fault = apiKeyFault(record);
  if (fault !== undefined) throw new AuthError("invalid_options", `createApiKey: ${fault}`);
  if (expiresAt !== undefined && expiresAt <= createdAt) {
    throw new AuthError("invalid_options", "createApiKey: expiresAt is in the past. It is milliseconds since 1970");
  }
  return Object.freeze({ key, record: freezeRecord(record) });
}

/** Returns the fault of a record and its remedy; `undefined` when it has none. Never shows the hash. */
export function apiKeyFault(record: ApiKeyRecord): string | undefined {
  const { id, name, subject, sha256, scopes, roles } = record;
  if (!isApiKeyId(id)) return "id must be 16 lower-case hexadecimal digits";
  if (!matches(sha256, /^[0-9a-f]{64}$/)) return "sha256 must be 64 lower-case hexadecimal digits";
  if (!isSubject(name)) return "name must be 1 to 256 characters without control characters";
  if (!isSubject(subject)) return "subject must be 1 to 256 characters without control characters";
  if (!areAll(scopes, isScope)) {
    return 'scopes must be a list of words, of visible ASCII without " and \\ (RFC 6749 §3.3)';
  }
  if (!areAll(roles, isRoleName)) return "roles must be a list of words, of letters, digits and any of _ . @ / -";
  if (!Number.isFinite(record.createdAt)) return "createdAt must be an instant";
  // Comparisons with NaN are false, so a key with NaN would never expire.
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

function areAll(list: unknown, isGood: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isGood);
}

function isInstantOrNone(instant: unknown): boolean {
  return instant === undefined || instant === null || Number.isFinite(instant);
}
