import type { JWK } from "jose";
import type { ProviderMetadata } from "./provider-metadata.js";

/** The keys of an issuer, as last fetched. */
export interface KnownKeys {
  /** Where they come from. */
  readonly url: string;
  /** All of them, forbidden ones too: which those are is a matter of the configuration. */
  readonly keys: readonly JWK[];
  /** Monotonic instant of the fetch. */
  readonly at: number;
  /** When the first fetch failed since that one; `undefined`: none did. */
  readonly failingSince: number | undefined;
}

/** The metadata of a provider, as last read. */
export interface KnownMetadata {
  readonly metadata: ProviderMetadata;
  /** Monotonic instant of the reading. */
  readonly at: number;
}

/** Hands what is known from one handler to the next one for the same issuer. */
export interface Kept<T> {
  /** Returns what the last `keepBy` reads now; `undefined` before the first. */
  take(): T | undefined;
  keepBy(read: () => T | undefined): void;
}

/**
 * What handlers of earlier configurations know of providers, by issuer: a reload while a provider is down must not forget the
 * keys of tokens that callers hold.
 */
export interface KeptProviders {
  keysOf(issuer: string): Kept<KnownKeys>;
  /** @param handler the name of the handler: another one may have read them long ago */
  metadataOf(handler: string, issuer: string): Kept<KnownMetadata>;
}

function createKept<T>(): Kept<T> {
  let current: () => T | undefined = () => undefined;
  return {
    take: () => current(),
    keepBy(read) {
      current = read;
    },
  };
}

export function createKeptProviders(): KeptProviders {
  const keys = new Map<string, Kept<KnownKeys>>();
  const metadata = new Map<string, Kept<KnownMetadata>>();
  return {
    keysOf: (issuer) => of(keys, issuer),
    metadataOf: (handler, issuer) => of(metadata, `${handler} ${issuer}`),
  };
}

function of<T>(all: Map<string, Kept<T>>, name: string): Kept<T> {
  const kept = all.get(name) ?? createKept<T>();
  all.set(name, kept);
  return kept;
}
