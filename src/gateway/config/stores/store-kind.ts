import type { Awaitable } from "../../../base/awaitable.js";
import type { Platform } from "../../../base/platform.js";
import type { Store } from "../../../model/store.js";
import type { ConfigPath } from "../document.js";
import type { Part } from "../part.js";
import type { ReadContext } from "../read-context.js";
import type { Schema } from "../schema.js";

export interface OpenStoreOptions {
  /** Make a store that does not exist. Default: `true`; a command works on the store of a gateway, and makes none. */
  readonly create?: boolean | undefined;
  /** Called with a line for the operator. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** One kind of store: the schema of `store.<kind>`, its reader, and the function that opens the store. */
export interface StoreKind<Config> extends Part<Config> {
  /** Whether other processes can use its sessions. */
  readonly isShared: boolean;
  open(config: Config, platform: Platform, options: OpenStoreOptions): Store;
  /**
   * Looks whether the store works, and makes or changes nothing.
   *
   * @param withinMs how long to wait for another process that keeps it locked
   * @returns what there is, in words
   * @throws {AuthError} when it does not work; the message says what to do
   */
  look(config: Config, platform: Platform, withinMs: number): Awaitable<string>;
  /** Whether the store exists already, so that opening it makes no file. */
  exists(config: Config): boolean;
}

/** Makes a kind whose reader is typed by its schema. */
export function storeKind<Raw, Config>(
  kind: Omit<StoreKind<Config>, "schema" | "read"> & {
    readonly schema: Schema<Raw>;
    read(raw: Raw, path: ConfigPath, context: ReadContext): Config;
  },
): StoreKind<Config> {
  return kind as StoreKind<Config>;
}
