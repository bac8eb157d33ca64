import type { Platform } from "../../../base/platform.js";
import type { Store } from "../../../model/store.js";
import type { ConfigPath } from "../document.js";
import type { Part } from "../part.js";
import type { ReadContext } from "../read-context.js";
import type { Schema } from "../schema.js";

/** One kind of store: how `store.<kind>` is spelled, read and opened. */
export interface StoreKind<Config> extends Part<Config> {
  /** What it keeps can be reached from other processes. */
  readonly isShared: boolean;
  open(config: Config, platform: Platform): Store;
  /** Whether something is kept there already, so that opening makes nothing. */
  exists(config: Config): boolean;
}

/** A kind whose reader is typed by its schema. */
export function storeKind<Raw, Config>(
  kind: Omit<StoreKind<Config>, "schema" | "read"> & {
    readonly schema: Schema<Raw>;
    read(raw: Raw, path: ConfigPath, context: ReadContext): Config;
  },
): StoreKind<Config> {
  return kind as StoreKind<Config>;
}
