import { statSync } from "node:fs";
import { dirname } from "node:path";
import { AuthError } from "../../base/errors.js";
import type { ConfigDocument, ConfigPath } from "./document.js";
import type { RawList, RawMap } from "./schema.js";

/** What the readers of all parts of the configuration share. */
export interface ReadContext {
  readonly document: ConfigDocument;
  /** Resolves the path of a file that is read, against the directory of the configuration. */
  resolve(path: string): string;
  /** Resolves the path of a file that the gateway writes. */
  resolveWritten(path: string): string;
  /** Reports a fault of the value at a place. */
  report(path: ConfigPath, message: string): void;
  /** Warns of a value that is valid and does nothing, or not what it seems to. */
  warn(path: ConfigPath, message: string): void;
  /** Warns of the key at a place. */
  warnKey(path: ConfigPath, message: string): void;
  /** Reports a fault of the key at a place. */
  reportKey(path: ConfigPath, message: string): void;
}

/** Returns the items of a list that were not malformed, frozen. */
export function itemsOf<T>(list: RawList<T> | undefined): readonly T[] {
  return Object.freeze((list ?? []).filter((item) => item !== undefined));
}

/** Returns `itemsOf` of each list, under its name. */
export function itemsOfEach<T>(lists: RawMap<RawList<T>>): Record<string, readonly T[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, itemsOf(list)]));
}

/** Returns the one value, or the items of a list. */
export function oneOrItems<T extends string | undefined>(value: T | RawList<string>): T | readonly string[] {
  return typeof value === "object" ? itemsOf(value) : value;
}

/** Returns the message of an `AuthError`, which never holds a secret. Messages of other errors might. */
export function messageOf(error: unknown): string {
  return error instanceof AuthError ? error.message : "this cannot be used";
}

/** Returns why `attempt` throws; `undefined` when it does not. */
export function faultOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Returns the path of a file that is made if it does not exist, in a directory that must exist. */
export function toNewFile(file: string, at: ConfigPath, context: ReadContext): string {
  const path = context.resolveWritten(file);
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    context.report(at, `there is no directory ${directory}; make it with: mkdir -m 700 ${directory}`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    context.report(at, `${path} is a directory; give the path of a file`);
  }
  return path;
}
