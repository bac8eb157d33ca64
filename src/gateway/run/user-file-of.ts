import { dirname, resolve } from "node:path";
import { AuthError } from "../../base/errors.js";
import { type ConfigPath, readConfigDocument, toFaultText } from "../config/document.js";
import { readConfigFile } from "../config/parse-config.js";
import type { Environment } from "../config/secrets.js";

/**
 * Returns the path of the user file that a configuration names. Other faults of the configuration do not matter: the user
 * file may be the one that is missing.
 *
 * @throws {AuthError} `invalid_options` when the configuration cannot be read, or names no user file
 */
export function userFileOf(file: string, environment: Environment): string {
  const document = readConfigDocument(readConfigFile(file), file, environment);
  const [first, second] = document.broken ? [] : userFilesIn(document.value);
  const place = first && document.faultAt(first.path, "");
  const fault = document.broken
    ? document.faults[0]
    : document.faults.find(({ line, column }) => line === place?.line && column === place.column);
  if (fault !== undefined) throw new AuthError("invalid_options", toFaultText(fault));
  if (first === undefined || second !== undefined) {
    const found = first === undefined ? "no user file" : "two user files";
    throw new AuthError("invalid_options", `${file} names ${found} (handlers.Basic.users); give the file with --file`);
  }
  return resolve(dirname(file), first.file);
}

function userFilesIn(config: unknown): { readonly path: ConfigPath; readonly file: string }[] {
  const handlers = Object.entries(((config as { handlers?: unknown } | null)?.handlers ?? {}) as object);
  return handlers.flatMap(([scheme, handler]) => {
    const { users: file } = (handler ?? {}) as { users?: unknown };
    return typeof file === "string" && file !== "" ? [{ path: ["handlers", scheme, "users"], file }] : [];
  });
}
