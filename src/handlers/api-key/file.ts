import { hotFile } from "../../base/hot-file.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import type { ApiKeySource } from "./api-key.js";
import { parseApiKeyFile } from "./file-format.js";
import { createUsageFile } from "./usage.js";

/** Options of `apiKeyFile`. */
export interface ApiKeyFileOptions {
  /**
   * How long the keys are good after the file was found to be gone or unreadable, in milliseconds; then they are `unavailable`
   * (503) until it can be read. A version with a fault in it does not count: the one before stays. Default: 3,600,000, as for the
   * keys of an issuer: a key that was revoked meanwhile is not known to be.
   */
  readonly staleMs?: number | undefined;
  /**
   * Called once per edit that was refused, with the reason, and once when last uses cannot be written. Default:
   * `process.emitWarning`.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const apiKeyFileKinds: OptionKinds<ApiKeyFileOptions> = {
  staleMs: "number",
  onWarning: "function",
  platform: "object",
};

/**
 * Reads API keys from a file, one JSON object per line, as `addApiKey` and `sallyport api-keys new` write them:
 * `apiKey({ keys: apiKeyFile("./api-keys.jsonl") })`.
 *
 * An edit, such as a revoked key, takes effect a second after the last write. If the file becomes faulty, the last good version
 * stays in use, and if it becomes unreadable, for `staleMs`; `onWarning` is called. Last uses are written to `<path>.used`, at most once a minute.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, may be written by every user of the machine, or
 *   has a fault (with its line)
 */
export function apiKeyFile(path: string, options: ApiKeyFileOptions = {}): ApiKeySource {
  requireArgument("apiKeyFile", "path", path, "string");
  requireOptions("apiKeyFile", options, apiKeyFileKinds);
  const { platform = systemPlatform, onWarning = emitWarning } = options;
  const staleMs = requireWholeNumber("apiKeyFile: staleMs", options.staleMs ?? 3_600_000, 0);
  const file = hotFile(path, {
    what: "file of API keys",
    remedy: `Create it with a first key: sallyport api-keys new ${path} --name NAME`,
    danger: "make a key of any user",
    platform,
    staleMs,
    onWarning,
    parse: (text) => parseApiKeyFile(text, path),
  });
  const isKnown = (id: string) => file.read().has(id);
  return Object.freeze({
    find: (id: string) => file.read().get(id),
    epoch: file.epoch,
    // The file is in memory: what is known of its keys is known of all of them.
    staleMs: 0,
    ...createUsageFile(path, { platform, onWarning, isKnown }),
  });
}
