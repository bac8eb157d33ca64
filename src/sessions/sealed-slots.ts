import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { type Awaitable, after } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Keys, SigningKey } from "../keys/key-ring.js";
import type { SealedReading, SealedStore } from "../model/sealed.js";
import type { Session } from "../model/session.js";
import type { Ask } from "../model/store.js";
import type { KnownSessions } from "./known-sessions.js";

/**
 * What fronts keep beside sessions, for all nodes, under a name of the front's own. It is sealed by the ring and by the
 * session id, which is in tokens only: the ring and a copy of the database together do not open it. Both methods throw, or
 * reject with, `AuthError` `unavailable` when the store cannot answer.
 */
export interface SealedSlots {
  /**
   * Returns what is kept, its version, and the rest of a lease. `content` is `undefined` when there is nothing, and when it
   * does not open: it was sealed for another session, name or version, or with a key that is gone.
   *
   * `undefined`: the session is gone, or this process has not seen a token of it. What a session that is over has kept can be
   * read until its row goes.
   */
  load(session: Session, name: string): Awaitable<SealedReading | undefined>;
  /**
   * Seals `content` and replaces what has this version; see `SealedStore`.
   *
   * @returns `false`, with nothing written, when the version is another, the session is over, or this process has not seen a
   *   token of it
   */
  swap(
    session: Session,
    name: string,
    version: number,
    content: string | undefined,
    leaseMs: number,
  ): Awaitable<boolean>;
}

export interface SealedSlotsParts {
  readonly platform: Platform;
  readonly realm: string;
  readonly store: SealedStore;
  readonly ask: Ask;
  readonly keys: Pick<Keys, "find" | "signing">;
  readonly known: Pick<KnownSessions, "find">;
}

/** What a content is sealed for: it opens for nothing else. */
interface Place {
  readonly sessionId: Uint8Array;
  readonly ref: string;
  readonly name: string;
  readonly version: number;
}

// Format 1 ‖ key id 2 ‖ nonce 12 ‖ AES-256-GCM of the content ‖ tag 16, in base64url.
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 3;

const cipher = "aes-256-gcm";

export function createSealedSlots({ platform, realm, store, ask, keys, known }: SealedSlotsParts): SealedSlots {
  const label = `sallyport upstream ${format}\0${realm}\0`;

  /** RFC 5869: the ring's secret is the input, the session id the salt. So each session has a key for each name. */
  function keyOf({ secret }: SigningKey, { sessionId, name }: Place): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", secret, sessionId, label + name, 32));
  }

  function seal(content: string, place: Place): string {
    const key = keys.signing();
    const nonce = platform.random(nonceBytes);
    const sealing = createCipheriv(cipher, keyOf(key, place), nonce).setAAD(associated(place, key.id));
    const head = Buffer.alloc(headBytes);
    head.writeUInt8(format, 0);
    head.writeUInt16BE(key.id, 1);
    const sealed = Buffer.concat([sealing.update(content, "utf8"), sealing.final()]);
    return Buffer.concat([head, nonce, sealed, sealing.getAuthTag()]).toString("base64url");
  }

  function open(text: string, place: Place): string | undefined {
    const bytes = Buffer.from(text, "base64url");
    if (bytes.length < headBytes + nonceBytes + tagBytes || bytes[0] !== format) return undefined;
    const key = keys.find(bytes.readUInt16BE(1));
    if (key === undefined) return undefined;
    const [from, to] = [headBytes + nonceBytes, bytes.length - tagBytes];
    const opening = createDecipheriv(cipher, keyOf(key, place), bytes.subarray(headBytes, from));
    try {
      opening.setAAD(associated(place, key.id)).setAuthTag(bytes.subarray(to));
      return opening.update(bytes.subarray(from, to), undefined, "utf8") + opening.final("utf8");
    } catch {
      return undefined;
    }
  }

  /** Of sessions that are over, which the memory of the node forgets. */
  const ids = new WeakMap<Session, Uint8Array>();

  function idOf(session: Session): Uint8Array | undefined {
    const found = known.find(session.ref)?.sessionId;
    if (found !== undefined) ids.set(session, found);
    return found ?? ids.get(session);
  }

  return {
    load(session, name) {
      const { ref } = session;
      const sessionId = idOf(session);
      if (sessionId === undefined) return undefined;
      return after(
        ask(() => store.loadSealed(ref, name)),
        (found) => {
          if (found?.content === undefined) return found;
          const { version } = found;
          return { ...found, content: open(found.content, { sessionId, ref, name, version }) };
        },
      );
    },
    swap(session, name, version, content, leaseMs) {
      const { ref } = session;
      const sessionId = idOf(session);
      if (sessionId === undefined) return false;
      const sealed = content === undefined ? undefined : seal(content, { sessionId, ref, name, version: version + 1 });
      return ask(() => store.swapSealed(ref, name, version, sealed, leaseMs));
    },
  };
}

/** What is authenticated with the content, and not in it. None of the parts can be taken for another. */
function associated({ ref, name, version }: Place, keyId: number): Uint8Array {
  return Buffer.from(JSON.stringify([ref, name, keyId, version]));
}
