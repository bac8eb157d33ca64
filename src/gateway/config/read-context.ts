import { statSync } from "node:fs";
import { dirname } from "node:path";
import { AuthError } from "../../base/errors.js";
import type { ConfigDocument, ConfigPath } from "./document.js";
import type { RawList, RawMap } from "./schema.js";

/** What every part of the configuration is read with. */
export interface ReadContext {
  readonly document: ConfigDocument;
  /** Against the directory of the file. */
  resolve(path: string): string;
  /** Reports what is wrong with the value at a place. */
  report(path: ConfigPath, message: string): void;
  /** Reports what is wrong with the key at a place. */
  reportKey(path: ConfigPath, message: string): void;
}

/** The items of a list that were not malformed, frozen. */
export function itemsOf<T>(list: RawList<T> | undefined): readonly T[] {
  return Object.freeze((list ?? []).filter((item) => item !== undefined));
}

/** The same of each list, under its name. */
export function itemsOfEach<T>(lists: RawMap<RawList<T>>): Record<string, readonly T[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, itemsOf(list)]));
}

/** The one value, or the items of a list. */
export function oneOrItems<T extends string | undefined>(value: T | RawList<string>): T | readonly string[] {
  return typeof value === "object" ? itemsOf(value) : value;
}

/** Our own messages never hold a secret; others might. */
export function messageOf(error: unknown): string {
  return error instanceof AuthError ? error.message : "this cannot be used";
}

/** Why this would be refused at the start; `undefined` when it would not. */
export function faultOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The path of a file that will be made if it is not there, in a directory that must be. */
export function toNewFile(file: string, at: ConfigPath, context: ReadContext): string {
  const path = context.resolve(file);
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    context.report(at, `there is no directory ${directory}; make it with: mkdir -m 700 ${directory}`);
  }
  return path;
}
