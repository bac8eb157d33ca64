import type { ReadStream } from "node:tty";
import { AuthError } from "../base/errors.js";
import { isDescriptorCode, toDescriptorText } from "../base/out-of-descriptors.js";
import type { Platform } from "../base/platform.js";
import type { Environment } from "../gateway/config/secrets.js";

/** The environment of a command. Tests replace it. */
export interface CliIo {
  /** Writes a result to standard output. */
  out(text: string): void;
  /** Writes an error or a question to standard error. */
  err(text: string): void;
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;
  readonly environment: Environment;
  readonly platform: Platform;
  /** Calls back each time that the process is asked to stop. */
  onStopAsked(callback: (signal: "SIGINT" | "SIGTERM") => void): void;
  /** Calls back when the process is asked to read its configuration again. */
  onReloadAsked(callback: () => void): void;
}

/** The exit codes, on which scripts rely. `docs/gateway.md` documents them. */
export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** Prints a result: as JSON for programs, or as text for people. */
export function print(io: CliIo, json: boolean | undefined, result: unknown, text: string): void {
  io.out(json === true ? `${JSON.stringify(result)}\n` : text === "" || text.endsWith("\n") ? text : `${text}\n`);
}

/**
 * Returns the text of an error to show: that of our own errors and of the system's (which name files). Any other text
 * might quote a secret.
 */
export function toErrorText(error: unknown): string {
  if (error instanceof AuthError) return error.message;
  if (!(error instanceof Error)) return "a value that is not an error was thrown";
  return "syscall" in error
    ? toSystemText(error as SystemError)
    : `${error.name} inside Sallyport; this is a bug, please report it`;
}

/** Words the refusals of the system that a first try meets; any other one is worded as the system does. */
function toSystemText({ message, code, path, address, port }: SystemError): string {
  if (code === "ENOENT" && path !== undefined) return `there is no such file or folder: ${path}`;
  if (isDescriptorCode(code)) return toDescriptorText(code);
  if (code === "EADDRINUSE") return `${address}:${port} is in use by another process; stop that, or take another port`;
  return message;
}

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };

/** Formats a table with columns as wide as their widest cell. */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return toColumns([header, ...rows]);
}

/** Formats rows of equal length, with columns as wide as their widest cell. */
export function toColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
