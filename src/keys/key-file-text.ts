import { AuthError } from "../base/errors.js";
import { isPrivate } from "../base/file-rights.js";
import { type FileState, toFileState } from "../base/file-version.js";
import type { Platform } from "../base/platform.js";
import { readRegularFile } from "../base/read-regular-file.js";
import type { ReplacedFile } from "../base/replace-file.js";
import type { RevokedKey, SigningKey } from "./key-ring.js";

/**
 * `{ "version": 1, "keys": [{ "id": 41837, "secret": "<base64url, 32 bytes>", "signsFrom": "<ISO 8601>" }] }`, and after a
 * key was revoked `"revoked": [{ "id": 41837, "at": "<ISO 8601>" }]`.
 */
interface KeyFileText {
  readonly version: 1;
  readonly keys: readonly { readonly id: number; readonly secret: string; readonly signsFrom: string }[];
  readonly revoked?: readonly { readonly id: number; readonly at: string }[];
}

/** What a key file holds. */
export interface KeyFileContent {
  readonly keys: readonly SigningKey[];
  readonly revoked: readonly RevokedKey[];
}

/** The keys of one reading, and the state of the file that was read. */
export interface KeysRead extends KeyFileContent {
  readonly state: FileState;
  readonly stats: ReplacedFile;
}

/**
 * Reads a key file.
 *
 * @throws {AuthError} `invalid_options` when it is missing, unreadable, readable by others or malformed
 */
export function readKeys(path: string): KeysRead {
  const found = readRegularFile(path, (stats) =>
    isPrivate(stats) ? undefined : `others can read the key file ${path}; run: chmod 600 ${path}`,
  );
  if ("fault" in found) {
    const isMissing = found.code === "ENOENT";
    throw new AuthError(
      "invalid_options",
      isMissing ? `there is no key file ${path}; make it with keyFile(path, { create: true })` : found.fault,
    );
  }
  try {
    return { ...fromText(found.bytes.toString("utf8")), state: toFileState(found.stats), stats: found.stats };
  } catch {
    // The cause is left out: a JSON error quotes the text, and the text is secret.
    throw new AuthError(
      "invalid_options",
      `the key file ${path} is unreadable or malformed; restore it from a backup, or move it away to make a new one ` +
        "(that ends every session)",
    );
  }
}

/** Writes the text of a key file. */
export function toKeyFileText({ keys, revoked }: KeyFileContent): string {
  const text: KeyFileText = {
    version: 1,
    keys: keys.map(({ id, secret, signsFrom }) => ({
      id,
      secret: Buffer.from(secret).toString("base64url"),
      signsFrom: new Date(signsFrom).toISOString(),
    })),
    ...(revoked.length > 0 && { revoked: revoked.map(({ id, at }) => ({ id, at: new Date(at).toISOString() })) }),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

function fromText(text: string): KeyFileContent {
  const { version, keys, revoked = [] } = JSON.parse(text) as KeyFileText;
  if (version !== 1 || !Array.isArray(keys) || !Array.isArray(revoked)) {
    throw new TypeError("not a key file of version 1");
  }
  return {
    keys: (keys as KeyFileText["keys"]).map(({ id, secret, signsFrom }) => {
      if (typeof secret !== "string" || !/^[A-Za-z0-9_-]{43,}$/.test(secret)) throw new TypeError("a key is malformed");
      return { id, secret: Buffer.from(secret, "base64url"), signsFrom: toInstant(signsFrom) };
    }),
    revoked: (revoked as NonNullable<KeyFileText["revoked"]>).map(({ id, at }) => ({ id, at: toInstant(at) })),
  };
}

function toInstant(text: string): number {
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw new TypeError("an instant is malformed");
  return instant;
}

/** The greatest id: a token holds it in two bytes. */
const maxKeyId = 0xffff;

/** Key files of before counted from 1. Ids above all that they reached are of one ring only. */
const leastRandomId = 1_024;

/**
 * Returns an id for a new key: random, so that a token of another ring names a key that this one lacks, and is told apart
 * from a forged one.
 *
 * @throws {AuthError} `invalid_options` when all ids are taken
 */
export function freeKeyId(taken: ReadonlySet<number>, path: string, platform: Platform): number {
  const ids = maxKeyId + 1 - leastRandomId;
  const [high = 0, low = 0, more = 0] = platform.random(3);
  const first = (high * 0x1_0000 + low * 0x100 + more) % ids;
  for (let step = 0; step < ids; step++) {
    const id = leastRandomId + ((first + step) % ids);
    if (!taken.has(id)) return id;
  }
  throw new AuthError("invalid_options", `the key file ${path} has a key for every id`);
}
