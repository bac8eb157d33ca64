import {
  chmodSync,
  chownSync,
  closeSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { parseApiKeyFile, replaceLine, toApiKeyLine } from "./file-format.js";
import { type ApiKeyRecord, isApiKeyId } from "./record.js";

/** What `addApiKey` and `revokeApiKey` take beside. */
export interface ApiKeyEditOptions {
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/**
 * Adds a key to a file of `apiKeyFile`, which is made (mode 0600) when it is not there. Comments and order stay.
 *
 * @throws {AuthError} `invalid_options` when the file has a fault or cannot be written.
 */
export function addApiKey(path: string, record: ApiKeyRecord, options: ApiKeyEditOptions = {}): void {
  edit(path, options, (text) => `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${toApiKeyLine(record)}\n`);
}

/**
 * Revokes a key in a file of `apiKeyFile`: every process that reads it refuses the key within a second. The line stays,
 * with the instant. Revoking twice changes nothing.
 *
 * @throws {AuthError} `invalid_options` when no such key is in the file, or the file has a fault or cannot be written.
 */
export function revokeApiKey(path: string, id: string, options: ApiKeyEditOptions = {}): ApiKeyRecord {
  const { platform = systemPlatform } = options;
  // Not shown: whoever has a leaked key at hand gives all of it.
  if (!isApiKeyId(id)) {
    throw new AuthError("invalid_options", "that is no id of a key: it has 16 hexadecimal digits, those behind spk_");
  }
  let revoked: ApiKeyRecord | undefined;
  edit(path, options, (text) => {
    const record = parseApiKeyFile(text, path).get(id);
    revoked = record && { ...record, revokedAt: record.revokedAt ?? platform.now() };
    const next = revoked && replaceLine(text, revoked);
    if (next === undefined) throw new AuthError("invalid_options", `no key "${id}" is in ${path}`);
    return next;
  });
  return revoked as unknown as ApiKeyRecord; // edit threw, or called back once
}

/** In one step, so that no reader sees half of it; under a lock, so that of two commands neither is lost. */
function edit(path: string, { platform = systemPlatform }: ApiKeyEditOptions, change: (text: string) => string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const target = before === undefined ? path : realpathSync(path);
  const unlock = lock(`${target}.lock`);
  const draft = `${target}.${Buffer.from(platform.random(8)).toString("hex")}.tmp`;
  try {
    const next = change(before === undefined ? "" : readFileSync(target, "utf8"));
    parseApiKeyFile(next, path);
    writeFileSync(draft, next, { mode: 0o600, flag: "wx", flush: true });
    if (before !== undefined) keepRights(draft, before);
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
    unlock();
  }
}

function lock(path: string): () => void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy = code === "EEXIST" ? "somebody edits it now. If nobody does, remove that file" : `${code}`;
    throw new AuthError("invalid_options", `cannot make ${path}: ${remedy}`);
  }
  return () => rmSync(path, { force: true });
}

/** The process that reads it may be another user than the one who edits. */
function keepRights(draft: string, { mode, uid, gid }: Stats): void {
  chmodSync(draft, mode & 0o777);
  try {
    chownSync(draft, uid, gid);
  } catch {
    // Only root may give files away; for anybody else they are his own already, or he could not have read it.
  }
}
