import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { AuthError } from "../../base/errors.js";
import { grants } from "../../base/file-rights.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { checkShape } from "./check-shape.js";
import { type GatewayConfig, readConfig } from "./config.js";
import { type ConfigFault, readConfigDocument, toFaultText } from "./document.js";
import type { ReadContext } from "./read-context.js";
import { type Environment, readFileWith } from "./secrets.js";

/** A configuration that will start, or its faults. */
export type ParsedConfig = {
  /** The paths of the files that the configuration names and that are read: they count as much as its own. */
  readonly files: readonly string[];
} & (
  | {
      readonly kind: "config";
      readonly config: GatewayConfig;
      /** What is valid and does nothing, or not what it seems to, in the order of the file. */
      readonly warnings: readonly ConfigFault[];
    }
  /** All faults, in the order of the file. */
  | { readonly kind: "faults"; readonly faults: readonly ConfigFault[] }
);

/** Options of `parseConfig`. */
export interface ParseConfigOptions {
  /** Path of the file, for messages. The paths in the file are relative to its directory. */
  readonly file: string;
  /** The variables that `${NAME}` reads. Default: `process.env`. */
  readonly environment?: Environment | undefined;
}

const parseKinds: OptionKinds<ParseConfigOptions> = { file: "string!", environment: "object" };

/**
 * Reads a configuration: strict YAML, checked against `configSchema`, then for what a schema cannot express. The files
 * that it names (keys, users, certificates, secrets) are read as well, so that a returned configuration will start. No
 * file is written.
 *
 * @returns the configuration, or all faults at once, each with its line and what to do; none holds a secret
 */
export function parseConfig(text: string, options: ParseConfigOptions): ParsedConfig {
  requireArgument("parseConfig", "text", text, "string");
  requireOptions("parseConfig", options, parseKinds);
  const { file, environment = process.env } = options;
  const document = readConfigDocument(text, file, environment);
  if (document.broken) return { kind: "faults", faults: inOrder(document.faults), files: [] };
  const { faults: misshapen, value: raw } = checkShape(document);
  const faults = [...document.faults, ...misshapen];
  const directory = dirname(resolve(file));
  function report(fault: ConfigFault): void {
    // A value whose variable is not set has no further faults.
    const { line, column } = fault;
    if (!document.faults.some((known) => known.line === line && known.column === column)) faults.push(fault);
  }
  const files = new Set<string>();
  const warnings: ConfigFault[] = [];
  const context: ReadContext = {
    document,
    resolve(path) {
      const resolved = resolve(directory, path);
      if (path !== "") files.add(resolved); // "" stands for a path whose fault was reported
      return resolved;
    },
    resolveWritten: (path) => resolve(directory, path),
    report: (path, message) => report(document.faultAt(path, message)),
    warn: (path, message) => void warnings.push(document.faultAt(path, message)),
    warnKey: (path, message) => void warnings.push(document.faultAtKey(path, message)),
    reportKey: (path, message) => report(document.faultAtKey(path, message)),
  };
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const config = readConfig(raw, digest, context);
  if (faults.length === 0) return { kind: "config", config, warnings: inOrder(warnings), files: [...files] };
  return { kind: "faults", faults: inOrder(faults), files: [...files] };
}

/**
 * Reads a configuration from its file, as `parseConfig` does.
 *
 * @throws {AuthError} `invalid_options`; the message has a line for each fault
 */
export function loadConfig(file: string, environment?: Environment): GatewayConfig {
  requireArgument("loadConfig", "file", file, "string");
  return configOf(parseConfig(readConfigFile(file), { file, environment }));
}

/**
 * Returns the configuration of a parsed text.
 *
 * @throws {AuthError} `invalid_options`; the message has a line for each fault
 */
export function configOf(parsed: ParsedConfig): GatewayConfig {
  if (parsed.kind === "config") return parsed.config;
  throw new AuthError("invalid_options", parsed.faults.map(toFaultText).join("\n"));
}

/**
 * Reads the text of a configuration file, by one descriptor for rights and content.
 *
 * @throws {AuthError} `invalid_options`, also when every user of the machine may write the file and so let any client
 *   in
 */
export function readConfigFile(file: string): string {
  const found = readFileWith(file, ({ mode }) =>
    grants(mode, 0o002)
      ? `the file ${file} is writable by every user of this machine, so each of them can let any client in; run: chmod o-w ${file}`
      : undefined,
  );
  if ("text" in found) return found.text;
  throw new AuthError("invalid_options", found.fault);
}

function inOrder(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  return [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
}
