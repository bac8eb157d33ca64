import { statSync } from "node:fs";
import type { Platform } from "../../../base/platform.js";
import { lookAtDatabase } from "../../../stores/sqlite/look.js";
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
  look,
  exists,
});

function exists({ path }: SqliteConfig): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function look({ path }: SqliteConfig, platform: Platform, withinMs: number): Promise<string> {
  if (!exists({ path })) return `there is no database at ${path} yet; sallyport serve makes it`;
  const { layout, latest } = await lookAtDatabase(path, platform, withinMs);
  const change = layout < latest ? `; sallyport serve will change it to layout ${latest}` : "";
  return `${path} opens and can be written (layout ${layout})${change}`;
}
