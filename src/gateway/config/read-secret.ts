import { type ConfigPath, toPathText } from "./document.js";
import type { ReadContext } from "./read-context.js";
import { readSecretFile } from "./secrets.js";
import type { RawSecret } from "./shared-schemas.js";

/**
 * Reads a secret of the configuration. `undefined` after its fault was reported.
 *
 * @param orElse the end of the message, which names an alternative to the secret
 */
export function readSecret(
  secret: RawSecret | undefined,
  path: ConfigPath,
  context: ReadContext,
  orElse = "",
): string | undefined {
  const found = typeof secret === "string" ? { text: secret } : readSecretFile(context.resolve(secret?.file ?? ""));
  if ("fault" in found) {
    context.report(path, `${toPathText(path)}: ${found.fault}`);
    return undefined;
  }
  // A secret in the file itself is in every backup and every diff of it.
  if (typeof secret === "string" && context.document.sourceAt(path) === secret) {
    const remedy = `use \${NAME}${orElse === "" ? " or" : ","} { file: PATH }${orElse}`;
    context.report(path, `${toPathText(path)} holds the secret itself; ${remedy}`);
    return undefined;
  }
  return found.text;
}
