import { type ConfigPath, toPathText } from "./document.js";
import { type RawSecret, type Reading, report } from "./raw-config.js";
import { readSecretFile } from "./secrets.js";

/**
 * A secret of the configuration. `undefined` when it cannot be had, which has been reported.
 *
 * @param orElse what else could be written in its place
 */
export function readSecret(
  secret: RawSecret | undefined,
  path: ConfigPath,
  reading: Reading,
  orElse = "",
): string | undefined {
  const found = typeof secret === "string" ? { text: secret } : readSecretFile(reading.resolve(secret?.file ?? ""));
  if ("fault" in found) {
    report(reading, path, `${toPathText(path)}: ${found.fault}`);
    return undefined;
  }
  // A secret in the file itself is in every backup and every diff of it.
  if (typeof secret === "string" && reading.document.sourceAt(path) === secret) {
    const remedy = `use \${NAME}${orElse === "" ? " or" : ","} { file: PATH }${orElse}`;
    report(reading, path, `${toPathText(path)} holds the secret itself; ${remedy}`);
    return undefined;
  }
  return found.text;
}
