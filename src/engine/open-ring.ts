import { type Keys, type KeysObserver, openKeys } from "../keys/key-ring.js";
import type { Emit } from "../model/events.js";
import type { Store } from "../model/store.js";
import { createAsk } from "./ask-store.js";
import { endWithKeys } from "./end-with-keys.js";
import type { SignerMemory } from "./front.js";
import type { ResolvedOptions } from "./options.js";
import { watchKeys } from "./watch-keys.js";

/** The key ring, and the store as the ring sees it. */
export interface OpenRing {
  readonly keys: Keys;
  /** Sessions that ended by the revocation of a key come back revoked. */
  readonly store: Store;
  /** Why no caller should be sent here, with what to do; `undefined` when the ring holds what signed. */
  obstacle(): string | undefined;
  stop(): void;
}

/**
 * Opens the key ring, and watches it: what becomes of it is told, and takes effect on what this process remembers.
 *
 * @param signer of the engine that this one replaces, if it does: its ring must go on
 * @throws {AuthError} `invalid_options` as `openKeys` does
 */
export function openRing(
  { keys: ring, store: given, realm, platform, storeTimeoutMs }: ResolvedOptions,
  signer: SignerMemory,
  emit: Emit,
): OpenRing {
  const observer: KeysObserver = {
    failed: (error, repeated) => emit({ kind: "keys-failed", error, repeated }),
    recovered: () => emit({ kind: "keys-recovered" }),
    revoked(keyIds) {
      emit({ kind: "keys-revoked", keyIds });
      lookAgain();
    },
    changed: () => watch.check(),
    missing: () => watch.missing(),
  };
  const keys = openKeys(ring, platform, observer, signer.last());
  const { store, lookAgain } = endWithKeys(given, keys);
  const watch = watchKeys({
    ...{ keys, store, realm, platform, emit },
    // A store that does not answer is reported for callers, not for this.
    ask: createAsk(platform, storeTimeoutMs, () => {}),
  });
  signer.note(() => (watch.missing().size === 0 ? keys.signing() : undefined));
  return { keys, store, obstacle: watch.fault, stop: watch.stop };
}
