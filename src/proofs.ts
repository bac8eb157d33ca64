import { createHash, createHmac } from "node:crypto";
import type { Awaitable } from "./handlers/handler.js";
import type { Keys } from "./sessions/keys.js";
import type { Ask } from "./stores/guarded-store.js";
import type { Store } from "./stores/store.js";

/**
 * What a handler keeps between two messages, for all nodes: in the engine's store, under names that no other scheme or
 * realm reaches. Throws or rejects with `AuthError` `unavailable` when the store cannot answer.
 */
export interface OneTimeProofs {
  /** The engine's realm. Bind to it what a client signs, so that no signature passes for another deployment. */
  readonly realm: string;
  /**
   * Keeps `json` for `lifeMs` milliseconds. `false` when there is one of that name.
   *
   * @param name may be secret: it is kept as SHA-256.
   * @param json is kept as it is, so it must hold no secret: see `derive`.
   */
  put(name: string, json: string, lifeMs: number): Awaitable<boolean>;
  /** Removes what was put and returns it: to one taker on all nodes, once. */
  take(name: string): Awaitable<string | undefined>;
  /**
   * 32 bytes that every node can compute and nobody else: HMAC-SHA-256 of `input` under a signing key. Keep `input` and
   * `keyId`, and the secret itself need not be kept anywhere.
   *
   * @param keyId of an earlier answer. Default: the key that signs now.
   * @returns `undefined` when the ring holds no key of that id any more
   */
  derive(input: string, keyId?: number): { readonly keyId: number; readonly secret: Uint8Array } | undefined;
}

export interface ProofsParts {
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly keys: Keys;
}

/** Gives each scheme its own `OneTimeProofs`. */
export function createProofs({ realm, store, ask, keys }: ProofsParts): (scheme: string) => OneTimeProofs {
  return (scheme) => {
    // Neither a realm nor a scheme holds a NUL, so no two pairs make the same text.
    const label = `sallyport proof 1\0${realm}\0${scheme}\0`;
    const idOf = (name: string): string => createHash("sha256").update(label).update(name).digest("base64url");
    return {
      realm,
      put: (name, json, lifeMs) => ask(() => store.put("challenge", idOf(name), json, lifeMs)),
      take: (name) => ask(() => store.take("challenge", idOf(name))),
      derive(input, keyId) {
        let key = keyId === undefined ? keys.signing() : keys.find(keyId);
        if (key === undefined && keyId !== undefined && keys.refresh()) key = keys.find(keyId);
        if (key === undefined) return undefined;
        return { keyId: key.id, secret: createHmac("sha256", key.secret).update(label).update(input).digest() };
      },
    };
  };
}
