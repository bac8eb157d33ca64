import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { schemasOf } from "./part.js";
import { oneOf } from "./schema.js";
import { type Section, section } from "./sections/section.js";
import { memoryKind } from "./stores/memory.js";
import { type SqliteConfig, sqliteKind } from "./stores/sqlite.js";
import type { OpenStoreOptions, StoreKind } from "./stores/store-kind.js";

/** The configuration of each kind of store: one row for each. */
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

/** The store of the sessions. */
export type StoreConfig = ConfigOf<StoreName>;

const names = Object.keys(storeKinds) as StoreName[];

/** The store of the sessions. */
export const storeSection: Section<StoreConfig> = section(
  oneOf(schemasOf(storeKinds), "Where sessions are kept."),
  (raw = {}, path, context) => {
    // A file without a kind has a fault that was reported.
    const name = names.find((known) => Object.hasOwn(raw, known)) ?? "memory";
    const config = storeKinds[name].read(raw[name], [...path, name], context);
    return Object.freeze({ kind: name, ...config } as StoreConfig);
  },
);

function kindOf<Name extends StoreName>({ kind }: { readonly kind: Name }): StoreKind<Configs[Name]> {
  return storeKinds[kind];
}

/** Opens the store that the configuration names. */
export function openStore<Name extends StoreName>(
  config: ConfigOf<Name>,
  platform: Platform,
  options: OpenStoreOptions = {},
): Store {
  return kindOf(config).open(config, platform, options);
}

/** Whether other processes can use the sessions of a store. */
export function isSharedStore(config: StoreConfig): boolean {
  return kindOf(config).isShared;
}

/** Whether a store exists already. Opening one that does not exist would make it. */
export function storeExists<Name extends StoreName>(config: ConfigOf<Name>): boolean {
  return kindOf(config).exists(config);
}

/**
 * Looks whether a store works, and makes or changes nothing.
 *
 * @throws {AuthError} when it does not work; the message says what to do
 */
export async function lookAtStore<Name extends StoreName>(
  config: ConfigOf<Name>,
  platform: Platform,
  withinMs: number,
): Promise<string> {
  return kindOf(config).look(config, platform, withinMs);
}
