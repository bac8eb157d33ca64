import type { ReadStream } from "node:tty";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Environment } from "../gateway/config/secrets.js";

/** What a command touches of the outside: tests give their own. */
export interface CliIo {
  /** Results. */
  out(text: string): void;
  /** What went wrong, and questions. */
  err(text: string): void;
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;
  readonly environment: Environment;
  readonly platform: Platform;
  /** Resolves when the process is asked to stop. */
  stopAsked(): Promise<void>;
  /** Calls back when the process is asked to read its configuration again. */
  onReloadAsked(callback: () => void): void;
}

/** Documented in `docs/gateway.md`; scripts rely on it. */
export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** One result: for a program, or for a person. */
export function print(io: CliIo, json: boolean | undefined, result: unknown, text: string): void {
  io.out(json === true ? `${JSON.stringify(result)}\n` : text === "" || text.endsWith("\n") ? text : `${text}\n`);
}

/** What may be shown: our own words, and the system's (which name files); anything else might quote a secret. */
export function toErrorText(error: unknown): string {
  if (error instanceof AuthError) return error.message;
  if (!(error instanceof Error)) return "something that is not an error was thrown";
  return "syscall" in error ? error.message : `${error.name} inside Sallyport; this is a bug, please report it`;
}

/** Columns as wide as their widest cell. */
export function toTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_cell, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
