import { AuthError } from "../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../base/options.js";
import { type Platform, systemPlatform } from "../base/platform.js";
import { replaceFile } from "../base/replace-file.js";
import { freeKeyId, type KeyFileContent, readKeys, toKeyFileText } from "./key-file-text.js";
import { type SigningKey, signerOf } from "./key-ring.js";

/** Options of `rotateKeyFile`. Durations are in milliseconds. */
export interface RotateKeyFileOptions {
  /**
   * How long the nodes have to read the new key before it signs, in milliseconds. Default: 600,000, hundreds of times as
   * long as a node needs, since a mounted file may come minutes later to one than to another.
   */
  readonly activateAfterMs?: number | undefined;
  /**
   * How long a key verifies after it has stopped signing, in milliseconds: the longest `absoluteMs` in use. Default: 7
   * days, the default of `absoluteMs`.
   */
  readonly keepMs?: number | undefined;
  readonly platform?: Platform | undefined;
}

const rotateKinds: OptionKinds<RotateKeyFileOptions> = {
  activateAfterMs: "number",
  keepMs: "number",
  platform: "object",
};

/**
 * Adds a key that signs after `activateAfterMs`, and removes the keys whose last session is over. Entries of revoked keys
 * stay. The file keeps its mode and owner, so root may rotate the keys of a service.
 *
 * @returns the id of the new key: random, so that ids of different rings differ
 * @throws {AuthError} `invalid_options` as `load` of `keyFile` does, or when all ids are taken
 */
export function rotateKeyFile(path: string, options: RotateKeyFileOptions = {}): number {
  requireArgument("rotateKeyFile", "path", path, "string");
  requireOptions("rotateKeyFile", options, rotateKinds);
  const { activateAfterMs = 600_000, keepMs = 7 * 86_400_000, platform = systemPlatform } = options;
  const now = platform.now();
  const before = readKeys(path);
  const keys = [...before.keys].sort((a, b) => a.signsFrom - b.signsFrom);
  // A key stops signing when the next one starts.
  const kept = keys.filter((_key, index) => (keys[index + 1]?.signsFrom ?? Number.POSITIVE_INFINITY) + keepMs > now);
  const next = makeKey(before, now + activateAfterMs, path, platform);
  // What was revoked stays: a `keepMs` that is too short ends sessions, but without the entry those that it ended would go on.
  const text = toKeyFileText({ keys: [...kept, next], revoked: before.revoked });
  replaceFile(path, before.stats, text, platform);
  return next.id;
}

/** Options of `revokeKeyFile`. */
export interface RevokeKeyFileOptions {
  readonly platform?: Platform | undefined;
}

const revokeKinds: OptionKinds<RevokeKeyFileOptions> = { platform: "object" };

/** What `revokeKeyFile` did. */
export interface KeysRevoked {
  /** The ids of the keys that were revoked. */
  readonly revoked: readonly number[];
  /** The id of the key that was made, and signs at once; `undefined` when the key that signs was not revoked. */
  readonly added: number | undefined;
  /** Milliseconds since 1970: the sessions that had opened by then are over. */
  readonly at: number;
}

/**
 * Revokes keys that an attacker may have, and removes their secrets from the file. Every process that reads the file
 * refuses, within 3 seconds, what they sign, and every session that is open now: a key that verifies can sign for each
 * of them. When the key that signs is among them, a new one is made that signs at once.
 *
 * @param which the ids of the keys; `"all"` when the file itself may have been copied
 * @throws {AuthError} `invalid_options` as `load` of `keyFile` does, and for an id that the file does not hold
 */
export function revokeKeyFile(
  path: string,
  which: readonly number[] | "all",
  options: RevokeKeyFileOptions = {},
): KeysRevoked {
  requireArgument("revokeKeyFile", "path", path, "string");
  requireOptions("revokeKeyFile", options, revokeKinds);
  const { platform = systemPlatform } = options;
  const before = readKeys(path);
  const ids = new Set(which === "all" ? before.keys.map(({ id }) => id) : which);
  for (const id of ids) requireKey(before, id, path);
  if (ids.size === 0) throw new AuthError("invalid_options", "revokeKeyFile needs the ids of the keys to revoke");
  const at = platform.now();
  const kept = before.keys.filter(({ id }) => !ids.has(id));
  // No older one signs again: it was taken out of use, and a thief of the newest may have it too.
  const signing = signerOf(before.keys, at);
  const added = signing && kept.includes(signing) ? undefined : makeKey(before, at, path, platform);
  const keys = added === undefined ? kept : [...kept, added];
  const revoked = [...before.revoked, ...[...ids].map((id) => ({ id, at }))];
  replaceFile(path, before.stats, toKeyFileText({ keys, revoked }), platform);
  return { revoked: [...ids], added: added?.id, at };
}

function requireKey({ keys, revoked }: KeyFileContent, id: number, path: string): void {
  if (keys.some((key) => key.id === id)) return;
  const at = revoked.find((key) => key.id === id)?.at;
  const fault = at === undefined ? "is not in" : `was revoked at ${new Date(at).toISOString()} in`;
  throw new AuthError("invalid_options", `key ${id} ${fault} ${path}; list the keys with: sallyport keys ls ${path}`);
}

function makeKey({ keys, revoked }: KeyFileContent, signsFrom: number, path: string, platform: Platform): SigningKey {
  const taken = new Set([...keys, ...revoked].map(({ id }) => id));
  return { id: freeKeyId(taken, path, platform), secret: platform.random(32), signsFrom };
}
