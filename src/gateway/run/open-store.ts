import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { memory } from "../../stores/memory/memory.js";
import { sqlite } from "../../stores/sqlite/sqlite.js";
import type { StoreConfig } from "../config/config.js";

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
