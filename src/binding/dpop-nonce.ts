import { createHmac } from "node:crypto";
import type { Platform } from "../base/platform.js";
import type { Keys, SigningKey } from "../keys/key-ring.js";

/**
 * Nonces for proofs (RFC 9449 §8): the number of a step of the clock, with a MAC under the key ring. The server keeps
 * no state, and every node that shares the ring accepts them.
 */
export interface Nonces {
  /** Returns the nonce to send to clients now. */
  current(): string;
  /**
   * Returns the step in which a nonce was sent; `undefined` when it is forged, or older than that step and the next.
   */
  stepOf(nonce: string): number | undefined;
}

export interface NoncesOptions {
  readonly realm: string;
  readonly keys: Keys;
  readonly platform: Platform;
  /** The length of a step in milliseconds. */
  readonly stepMs: number;
}

// key id 2 ‖ step 6 ‖ the first half of HMAC-SHA-256: 24 bytes are 32 characters without spare bits.
const bodyBytes = 8;

const macBytes = 16;

const noncePattern = /^[A-Za-z0-9_-]{32}$/;

const format = 1;

/** As many nonces as can be valid at once, for two keys of the ring. */
const maxKnown = 6;

export function createNonces({ realm, keys, platform, stepMs }: NoncesOptions): Nonces {
  const label = `sallyport dpop nonce ${format}\0${realm}\0`;
  // Nearly every proof holds one of the last two nonces: a look-up then replaces a MAC.
  const known = new Map<string, number>();
  let latest: { readonly step: number; readonly keyId: number; readonly nonce: string } | undefined;

  function make(step: number, { id, secret }: SigningKey): string {
    const bytes = Buffer.alloc(bodyBytes + macBytes);
    bytes.writeUInt16BE(id, 0);
    bytes.writeUIntBE(step, 2, 6);
    const mac = createHmac("sha256", secret).update(label).update(bytes.subarray(0, bodyBytes)).digest();
    bytes.set(mac.subarray(0, macBytes), bodyBytes);
    return bytes.toString("base64url");
  }

  function read(nonce: string): number | undefined {
    if (!noncePattern.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, "base64url");
    const key = keys.find(bytes.readUInt16BE(0));
    const step = bytes.readUIntBE(2, 6);
    // A comparison in constant time is not needed: a client gains nothing by guessing a nonce, which the server sends
    // to any client.
    return key !== undefined && make(step, key) === nonce ? step : undefined;
  }

  return {
    current() {
      const key = keys.signing();
      const step = toStep(platform.now(), stepMs);
      if (latest?.step !== step || latest.keyId !== key.id) latest = { step, keyId: key.id, nonce: make(step, key) };
      return latest.nonce;
    },
    stepOf(nonce) {
      const step = known.get(nonce) ?? read(nonce);
      // One step ahead is allowed, since the clock of the node that sent the nonce may be ahead.
      if (step === undefined || Math.abs(toStep(platform.now(), stepMs) - step) > 1) {
        known.delete(nonce);
        return undefined;
      }
      if (known.size >= maxKnown) known.clear();
      return known.set(nonce, step) && step;
    },
  };
}

/** Returns the number of the step at `now`. Nodes with the same configuration count alike. */
export function toStep(now: number, stepMs: number): number {
  return Math.floor(now / stepMs);
}
