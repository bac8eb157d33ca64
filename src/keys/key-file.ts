import { linkSync, rmSync, statSync } from "node:fs";
import { writeDraft } from "../base/draft-file.js";
import { AuthError } from "../base/errors.js";
import { isPrivate } from "../base/file-rights.js";
import { type FileState, toFileState } from "../base/file-version.js";
import { type OptionKinds, requireArgument, requireOptions } from "../base/options.js";
import { type Platform, systemPlatform } from "../base/platform.js";
import { readRegularFile } from "../base/read-regular-file.js";
import { type ReplacedFile, replaceFile } from "../base/replace-file.js";
import { createSettling } from "../base/settling.js";
import type { KeyRing, SigningKey } from "./key-ring.js";

/** Options of `keyFile`. */
export interface KeyFileOptions {
  /**
   * Make the file with one random key when it does not exist. Default: `false`, since with a wrong path new keys would
   * end every session.
   */
  readonly create?: boolean | undefined;
  readonly platform?: Platform | undefined;
}

/** A token holds the id in two bytes. */
const rotateKinds: OptionKinds<RotateKeyFileOptions> = {
  activateAfterMs: "number",
  keepMs: "number",
  platform: "object",
};

const keyFileKinds: OptionKinds<KeyFileOptions> = { create: "boolean", platform: "object" };

const maxKeyId = 0xffff;

/** `{ "version": 1, "keys": [{ "id": 1, "secret": "<base64url, 32 bytes>", "signsFrom": "<ISO 8601>" }] }` */
interface KeyFileText {
  readonly version: 1;
  readonly keys: readonly { readonly id: number; readonly secret: string; readonly signsFrom: string }[];
}

/**
 * Keeps a key ring in a JSON file that only its owner can read. Nodes read it again by themselves, so `rotateKeyFile`
 * rotates a key without a restart. A changed file counts when it has stayed as it is for a second; until then the keys
 * are those of before.
 *
 * `load` of the ring throws an `AuthError` `invalid_options` when the file is missing, unreadable, readable by others
 * or malformed. The message says what to do and never holds a part of a secret.
 *
 * @throws {AuthError} `invalid_options` when the file is to be made and cannot be
 */
export function keyFile(path: string, options: KeyFileOptions = {}): KeyRing {
  requireArgument("keyFile", "path", path, "string");
  requireOptions("keyFile", options, keyFileKinds);
  const { create = false, platform = systemPlatform } = options;
  if (create) createOnce(path, platform);
  const settling = createSettling(platform);
  let last: KeysRead | undefined;
  function load(): readonly SigningKey[] {
    const next = read(path);
    if (last === undefined || next.state.version === last.state.version || settling(next.state) === 0) last = next;
    return last.keys;
  }
  return { durable: true, load };
}

/** Options of `rotateKeyFile`. Durations are in milliseconds. */
export interface RotateKeyFileOptions {
  /**
   * How long the nodes have to read the new key before it signs, in milliseconds. Default: 600,000, ten times the
   * interval at which nodes read their ring.
   */
  readonly activateAfterMs?: number | undefined;
  /**
   * How long a key verifies after it has stopped signing, in milliseconds: the longest `absoluteMs` in use. Default: 7
   * days, the default of `absoluteMs`.
   */
  readonly keepMs?: number | undefined;
  readonly platform?: Platform | undefined;
}

/**
 * Adds a key that signs after `activateAfterMs`, and removes the keys whose last session is over. The file keeps its mode
 * and owner, so root may rotate the keys of a service.
 *
 * @returns the id of the new key
 * @throws {AuthError} `invalid_options` as `load` of `keyFile` does, or when all ids are taken
 */
export function rotateKeyFile(path: string, options: RotateKeyFileOptions = {}): number {
  requireArgument("rotateKeyFile", "path", path, "string");
  requireOptions("rotateKeyFile", options, rotateKinds);
  const { activateAfterMs = 600_000, keepMs = 7 * 86_400_000, platform = systemPlatform } = options;
  const now = platform.now();
  const { keys: before, stats } = read(path);
  const keys = [...before].sort((a, b) => a.signsFrom - b.signsFrom);
  // A key stops signing when the next one starts.
  const kept = keys.filter((_key, index) => (keys[index + 1]?.signsFrom ?? Number.POSITIVE_INFINITY) + keepMs > now);
  const taken = new Set(keys.map((key) => key.id));
  if (taken.size >= maxKeyId) throw new AuthError("invalid_options", `the key file ${path} has a key for every id`);
  let id = (keys.at(-1)?.id ?? 0) + 1;
  while (taken.has(id) || id > maxKeyId) id = id > maxKeyId ? 1 : id + 1;
  const next = { id, secret: platform.random(32), signsFrom: now + activateAfterMs };
  replaceFile(path, stats, toText([...kept, next]), platform);
  return id;
}

/** Makes the file unless it exists. Of several processes that start at once, one makes it and the others read it. */
function createOnce(path: string, platform: Platform): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  let draft: string | undefined;
  try {
    draft = writeDraft(path, toText([{ id: 1, secret: platform.random(32), signsFrom: 0 }]), platform);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new AuthError("invalid_options", `cannot make the key file ${path}: ${(error as Error).message}`);
    }
  } finally {
    if (draft !== undefined) rmSync(draft, { force: true });
  }
}

/** The keys of one reading, and the state of the file that was read. */
interface KeysRead {
  readonly keys: readonly SigningKey[];
  readonly state: FileState;
  readonly stats: ReplacedFile;
}

function read(path: string): KeysRead {
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
    return { keys: fromText(found.bytes.toString("utf8")), state: toFileState(found.stats), stats: found.stats };
  } catch {
    // The cause is left out: a JSON error quotes the text, and the text is secret.
    throw new AuthError(
      "invalid_options",
      `the key file ${path} is unreadable or malformed; restore it from a backup, or move it away to make a new one ` +
        "(that ends every session)",
    );
  }
}

function toText(keys: readonly SigningKey[]): string {
  const text: KeyFileText = {
    version: 1,
    keys: keys.map(({ id, secret, signsFrom }) => ({
      id,
      secret: Buffer.from(secret).toString("base64url"),
      signsFrom: new Date(signsFrom).toISOString(),
    })),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

function fromText(text: string): readonly SigningKey[] {
  const { version, keys } = JSON.parse(text) as KeyFileText;
  if (version !== 1 || !Array.isArray(keys)) throw new TypeError("not a key file of version 1");
  return (keys as KeyFileText["keys"]).map(({ id, secret, signsFrom }) => {
    const instant = Date.parse(signsFrom);
    if (typeof secret !== "string" || !/^[A-Za-z0-9_-]{43,}$/.test(secret) || Number.isNaN(instant)) {
      throw new TypeError("a key is malformed");
    }
    return { id, secret: Buffer.from(secret, "base64url"), signsFrom: instant };
  });
}
