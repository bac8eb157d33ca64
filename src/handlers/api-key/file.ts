import { hotFile } from "../../base/hot-file.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { ApiKeySource } from "./api-key.js";
import { parseApiKeyFile } from "./file-format.js";
import { createUsageFile } from "./usage.js";

/** What `apiKeyFile` takes beside the path. */
export interface ApiKeyFileOptions {
  /** Told, once per edit, why an edited file was not taken, and once that last uses cannot be written. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/**
 * API keys in a file, one JSON object a line, as `addApiKey` and `sallyport api-keys new` write them:
 * `apiKey({ keys: apiKeyFile("./api-keys.jsonl") })`.
 *
 * An edit, a revoked key above all, takes effect within a second. A file that got unreadable or faulty is not taken: the
 * last good one stays, and `onWarning` is told. Last uses are written to `<path>.used`, at most once a minute.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, is writable by everyone, or has a fault (with its
 *   line).
 */
export function apiKeyFile(path: string, options: ApiKeyFileOptions = {}): ApiKeySource {
  const { platform = systemPlatform } = options;
  const { onWarning = (message: string) => process.emitWarning(message, "SallyportWarning") } = options;
  const file = hotFile(path, {
    what: "file of API keys",
    remedy: `Create it with a first key: sallyport api-keys new ${path} --name NAME`,
    danger: "make a key of anyone",
    platform,
    onWarning,
    parse: (text) => parseApiKeyFile(text, path),
  });
  const isKnown = (id: string) => file.read().has(id);
  return Object.freeze({
    find: (id: string) => file.read().get(id),
    used: createUsageFile(path, { platform, onWarning, isKnown }),
  });
}
