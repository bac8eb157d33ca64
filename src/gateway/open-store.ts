import type { Platform } from "../platform.js";
import { memory } from "../stores/memory.js";
import { sqlite } from "../stores/sqlite.js";
import type { Store } from "../stores/store.js";
import type { StoreConfig } from "./config.js";

/** Opens the store that the configuration names: a row for each kind. */
export function openStore(config: StoreConfig, platform: Platform): Store {
  switch (config.kind) {
    case "memory":
      return memory({ platform });
    case "sqlite":
      return sqlite(config.path, { platform });
    default:
      return config satisfies never;
  }
}
