import { statSync } from "node:fs";
import { sqlite } from "../../../stores/sqlite/sqlite.js";
import { toNewFile } from "../read-context.js";
import { path } from "../schema.js";
import { type StoreKind, storeKind } from "./store-kind.js";

export interface SqliteConfig {
  readonly path: string;
}

export const sqliteKind: StoreKind<SqliteConfig> = storeKind({
  isShared: true,
  schema: path("A database file, for any number of processes on one machine. Made if it is not there."),
  read: (file, at, context) => ({ path: toNewFile(file, at, context) }),
  open: ({ path }, platform, options) => sqlite(path, { platform, ...options }),
  exists: ({ path }) => statSync(path, { throwIfNoEntry: false }) !== undefined,
});
