import { type FileOwnership, isPrivate } from "../../base/file-rights.js";
import { readRegularFile } from "../../base/read-regular-file.js";

/** The environment that `${NAME}` reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text that was read, or its fault, which says what to do. A fault never holds a part of the secret. */
export type Found = { readonly text: string } | { readonly fault: string };

const reference = /\$(\$\{)|\$\{([^}]*)\}/g;

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces `${NAME}` by variables of the environment; `$${` stands for `${` itself. */
export function substitute(text: string, environment: Environment): Found {
  let fault: string | undefined;
  const replaced = text.replaceAll(reference, (_whole, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined) return escaped;
    if (name === undefined || !variableName.test(name)) {
      fault ??= `has \${…} without a variable's name in it; write \${NAME}, or $\${ for the characters themselves`;
      return "";
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined || value === "") {
      fault ??= `needs the environment variable ${name}, which is ${value === undefined ? "not set" : "empty"}; set it`;
    }
    return value ?? "";
  });
  return fault === undefined ? { text: replaced } : { fault };
}

/** Reads a secret from its own file, which other users must not be able to read. One newline at its end is removed. */
export function readSecretFile(path: string): Found {
  const found = readPrivateFile(path);
  if ("fault" in found) return found;
  const text = found.text.replace(/\r?\n$/, "");
  return text === "" ? { fault: `the file ${path} is empty; put the secret into it` } : { text };
}

/** Reads a file that only its owner may read. */
export function readPrivateFile(path: string): Found {
  return readFileWith(path, (stats) =>
    isPrivate(stats) ? undefined : `others can read the file ${path}; run: chmod 600 ${path}`,
  );
}

/** Reads a file that every user may read, such as a certificate. */
export function readPublicFile(path: string): Found {
  return readFileWith(path, () => undefined);
}

/** Reads a file after checking its rights, by one descriptor: the file that is checked is the one that is read. */
export function readFileWith(path: string, faultOf: (stats: FileOwnership) => string | undefined): Found {
  const read = readRegularFile(path, faultOf);
  if ("bytes" in read) return { text: read.bytes.toString("utf8") };
  return { fault: read.code === "ENOENT" ? `there is no file ${path}` : read.fault };
}
