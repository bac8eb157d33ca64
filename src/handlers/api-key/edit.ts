import { editFile } from "../../base/edit-file.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { parseApiKeyFile, replaceLine, toApiKeyLine } from "./file-format.js";
import { type ApiKeyRecord, isApiKeyId } from "./record.js";

/** Options of `addApiKey` and `revokeApiKey`. */
export interface ApiKeyEditOptions {
  /** The clock and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const editKinds: OptionKinds<ApiKeyEditOptions> = { platform: "object" };

/**
 * Adds a key to a file of `apiKeyFile`, and makes the file (mode 0600) when it does not exist. Comments and order stay.
 *
 * @throws {AuthError} `invalid_options` when the file has a fault or cannot be written
 */
export function addApiKey(path: string, record: ApiKeyRecord, options: ApiKeyEditOptions = {}): void {
  requireArgument("addApiKey", "path", path, "string");
  requireOptions("addApiKey", options, editKinds);
  edit(path, options, (text) => `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${toApiKeyLine(record)}\n`);
}

/**
 * Revokes a key in a file of `apiKeyFile`: every process that reads the file refuses the key a second later. The line
 * stays, with the instant. Revoking a revoked key changes nothing.
 *
 * @param id the 16 hexadecimal digits after `spk_`
 * @returns the record with its `revokedAt`
 * @throws {AuthError} `invalid_options` when the file has no such key, has a fault or cannot be written
 */
export function revokeApiKey(path: string, id: string, options: ApiKeyEditOptions = {}): ApiKeyRecord {
  requireArgument("revokeApiKey", "path", path, "string");
  requireOptions("revokeApiKey", options, editKinds);
  const { platform = systemPlatform } = options;
  // The message does not show the text: an operator may have pasted a whole leaked key.
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

function edit(path: string, { platform = systemPlatform }: ApiKeyEditOptions, change: (text: string) => string): void {
  editFile(path, platform, (text = "") => {
    const next = change(text);
    parseApiKeyFile(next, path);
    return next;
  });
}
