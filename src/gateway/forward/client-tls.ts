import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { AuthError } from "../../base/errors.js";
import { isPrivate } from "../../base/file-rights.js";
import { type FileState, jointState } from "../../base/file-version.js";
import type { Platform } from "../../base/platform.js";
import { readRegularFile } from "../../base/read-regular-file.js";
import { createSettling } from "../../base/settling.js";

/** The files of the TLS of an upstream, in PEM. */
export interface ClientTlsFiles {
  /** The authorities that are trusted in place of those that Node trusts. */
  readonly ca?: string | undefined;
  /** What the gateway shows to an upstream that asks for a certificate, and what leads to its root. */
  readonly certificate?: string | undefined;
  /** The key of `certificate`. Only its owner may read it. */
  readonly key?: string | undefined;
}

export interface ClientTlsParts {
  /** The upstream, to begin a sentence: `"upstream app"`. */
  readonly what: string;
  readonly platform: Platform;
  /** Called once per edit with the reason why edited files were refused. */
  readonly onWarning: (message: string) => void;
}

/** The time between two looks at the files. */
const lookEveryMs = 1_000;

/**
 * Makes what the connections to an upstream by TLS trust and show. Changed files count for connections that are opened later:
 * they are looked at when one is opened, at most once a second, and read when they have stayed as they are for a second.
 * While changed files cannot be used, the last good ones stay.
 *
 * @returns the context for a connection that is opened now, another one after each change
 * @throws {AuthError} `invalid_options` when the files cannot be used
 */
export function createClientTls(
  files: ClientTlsFiles,
  { what, platform, onWarning }: ClientTlsParts,
): () => SecureContext {
  let seen = stateOf(files).version;
  let context = requireContext(files, what);
  let lookAt = platform.monotonic() + lookEveryMs;
  const settling = createSettling(platform);

  function refresh(): void {
    const now = platform.monotonic();
    if (now < lookAt) return;
    lookAt = now + lookEveryMs;
    const state = stateOf(files);
    // Tools of renewal replace the files one after another; half of that does not belong together.
    if (state.version === seen || settling(state) > 0) return;
    // Before they are read, so that a fault is told once.
    seen = state.version;
    try {
      context = requireContext(files, what);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      onWarning(`${error.message}. The last good files stay in use`);
    }
  }

  return () => {
    refresh();
    return context;
  };
}

/** The option whose file cannot be used, and why: words that hold nothing of the file. */
export interface TlsFileFault {
  readonly name: keyof ClientTlsFiles;
  readonly fault: string;
}

/** Reads the files, and checks that they belong together. */
export function readClientTls({ ca, certificate, key }: ClientTlsFiles): SecureContext | TlsFileFault {
  const options: SecureContextOptions = {};
  if (ca !== undefined) {
    const found = readPem(ca);
    if ("fault" in found) return { name: "ca", fault: found.fault };
    options.ca = found.bytes;
    // Node trusts none of a file that holds no certificate, without a word.
    if (!found.bytes.includes("-----BEGIN CERTIFICATE-----") || !isContext(options))
      return { name: "ca", fault: `${ca} holds no certificate in PEM` };
  }
  if (certificate !== undefined) {
    const found = readPem(certificate);
    if ("fault" in found) return { name: "certificate", fault: found.fault };
    options.cert = found.bytes;
    if (!isContext(options)) return { name: "certificate", fault: `${certificate} holds no certificate in PEM` };
  }
  if (key !== undefined) {
    const found = readPem(key, true);
    if ("fault" in found) return { name: "key", fault: found.fault };
    options.key = found.bytes;
    if (!isContext(options))
      return { name: "key", fault: `${key} is not the PEM key of the certificate in ${certificate}` };
  }
  return createSecureContext(options);
}

function requireContext(files: ClientTlsFiles, what: string): SecureContext {
  const read = readClientTls(files);
  if (!("fault" in read)) return read;
  throw new AuthError("invalid_options", `tls.${read.name} of ${what} cannot be used: ${read.fault}`);
}

function isContext(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options);
    return true;
  } catch {
    // The reason of OpenSSL may quote the file.
    return false;
  }
}

function readPem(path: string, isSecret = false): { readonly bytes: Buffer } | { readonly fault: string } {
  const read = readRegularFile(path, (stats) =>
    isSecret && !isPrivate(stats) ? `others can read the file ${path}; run: chmod 600 ${path}` : undefined,
  );
  if ("bytes" in read) return read;
  return { fault: read.code === "ENOENT" ? `there is no file ${path}` : read.fault };
}

function stateOf({ ca, certificate, key }: ClientTlsFiles): FileState {
  return jointState([ca, certificate, key].filter((file) => file !== undefined));
}
