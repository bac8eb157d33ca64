import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { schemasOf } from "./part.js";
import { oneOf } from "./schema.js";
import { type Section, section } from "./sections/section.js";
import { memoryKind } from "./stores/memory.js";
import { type SqliteConfig, sqliteKind } from "./stores/sqlite.js";
import type { StoreKind } from "./stores/store-kind.js";

/** What each kind of store is made from: one row for each. */
interface Configs {
  readonly sqlite: SqliteConfig;
  readonly memory: object;
}

/** The kinds of store that a configuration can name, as it spells them: one row for each. */
const storeKinds: { readonly [Kind in keyof Configs]: StoreKind<Configs[Kind]> } = {
  sqlite: sqliteKind,
  memory: memoryKind,
};

type StoreName = keyof Configs;

type ConfigOf<Name extends StoreName> = { readonly [Kind in Name]: { readonly kind: Kind } & Configs[Kind] }[Name];

/** Where sessions are kept. */
export type StoreConfig = ConfigOf<StoreName>;

const names = Object.keys(storeKinds) as StoreName[];

/** Where sessions are kept. */
export const storeSection: Section<StoreConfig> = section(
  oneOf(schemasOf(storeKinds), "Where sessions are kept."),
  (raw = {}, path, context) => {
    // When none is there, that has been reported.
    const name = names.find((known) => Object.hasOwn(raw, known)) ?? "memory";
    const config = storeKinds[name].read(raw[name], [...path, name], context);
    return Object.freeze({ kind: name, ...config } as StoreConfig);
  },
);

function kindOf<Name extends StoreName>({ kind }: { readonly kind: Name }): StoreKind<Configs[Name]> {
  return storeKinds[kind];
}

/** Opens the store that the configuration names. */
export function openStore<Name extends StoreName>(config: ConfigOf<Name>, platform: Platform): Store {
  return kindOf(config).open(config, platform);
}

/** Whether other processes can reach what it keeps. */
export function isSharedStore(config: StoreConfig): boolean {
  return kindOf(config).isShared;
}

/** Whether it is there already: opening one that is not would make it. */
export function storeExists<Name extends StoreName>(config: ConfigOf<Name>): boolean {
  return kindOf(config).exists(config);
}
