import { linkSync, rmSync, statSync } from "node:fs";
import { writeDraft } from "../base/draft-file.js";
import { AuthError } from "../base/errors.js";
import { fileState } from "../base/file-version.js";
import { type OptionKinds, requireArgument, requireOptions } from "../base/options.js";
import { type Platform, systemPlatform } from "../base/platform.js";
import { createSettling } from "../base/settling.js";
import { freeKeyId, type KeysRead, readKeys, toKeyFileText } from "./key-file-text.js";
import type { KeyRing, RevokedKey, SigningKey } from "./key-ring.js";

/** Options of `keyFile`. */
export interface KeyFileOptions {
  /**
   * Make the file with one random key when it does not exist. Default: `false`, since with a wrong path new keys would
   * end every session.
   */
  readonly create?: boolean | undefined;
  readonly platform?: Platform | undefined;
}

const keyFileKinds: OptionKinds<KeyFileOptions> = { create: "boolean", platform: "object" };

/**
 * Keeps a key ring in a JSON file that only its owner can read. Nodes look at it every second, so `rotateKeyFile` rotates
 * a key, and `revokeKeyFile` revokes one, without a restart. A changed file counts when it has stayed as it is for a
 * second; until then the keys are those of before.
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
  let version = fileState(path).version;
  return {
    durable: true,
    load(): readonly SigningKey[] {
      const next = readKeys(path);
      if (last === undefined || next.state.version === last.state.version || settling(next.state) === 0) last = next;
      return last.keys;
    },
    revoked: (): readonly RevokedKey[] => last?.revoked ?? [],
    version() {
      const state = fileState(path);
      if (settling(state) === 0) version = state.version;
      return version;
    },
  };
}

/** Makes the file unless it exists. Of several processes that start at once, one makes it and the others read it. */
function createOnce(path: string, platform: Platform): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  let draft: string | undefined;
  try {
    const first = { id: freeKeyId(new Set(), path, platform), secret: platform.random(32), signsFrom: 0 };
    draft = writeDraft(path, toKeyFileText({ keys: [first], revoked: [] }), platform);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new AuthError("invalid_options", `cannot make the key file ${path}: ${(error as Error).message}`);
    }
  } finally {
    if (draft !== undefined) rmSync(draft, { force: true });
  }
}
