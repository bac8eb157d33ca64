import { createHash, createHmac } from "node:crypto";
import type { OneTimeProofs } from "../handlers/handler.js";
import type { Keys } from "../keys/key-ring.js";
import type { Ask, Store } from "../model/store.js";

export interface OneTimeProofsParts {
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly keys: Keys;
}

/** Makes a function that returns the `OneTimeProofs` of a scheme. */
export function createOneTimeProofs({
  realm,
  store,
  ask,
  keys,
}: OneTimeProofsParts): (scheme: string) => OneTimeProofs {
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
