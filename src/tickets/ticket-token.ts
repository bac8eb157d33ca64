import { hash, timingSafeEqual } from "node:crypto";
import type { Keys } from "../keys/key-ring.js";
import { createMac } from "../keys/mac.js";

/** The prefix of tickets, by which secret scanners recognize them. */
export const ticketPrefix = "spt_";

/** The fields of a ticket. */
export interface TicketFields {
  readonly keyId: number;
  /** 16 random bytes. Only the ticket holds them; the store has a hash. */
  readonly ticketId: Uint8Array;
  /** The ref of the session for which it was issued: not secret, and enough to report whose ticket was misused. */
  readonly ref: string;
  /** Whole seconds since 1970. */
  readonly expiresAt: number;
  /**
   * The first 8 bytes of a SHA-256 of the service's name, by which a wrong service is refused without asking the store.
   */
  readonly serviceMark: Uint8Array;
}

export interface TicketCodec {
  /** Writes a ticket; `undefined` when the ring no longer holds the key. */
  encode(fields: TicketFields): string | undefined;
  /** Reads a ticket; `undefined` for text that this deployment did not issue. */
  decode(ticket: string): TicketFields | undefined;
}

// version 1 ‖ key id 2 ‖ ticket id 16 ‖ session ref 16 ‖ expires-at 5 ‖ service mark 8 ‖ reserved 1 ‖ HMAC-SHA-256 32:
// 81 bytes are 108 characters of base64url with no spare bits, so that every ticket has one spelling.
const format = 1;

const bodyBytes = 49;

const wholeBytes = 81;

const pattern = /^spt_[A-Za-z0-9_-]{108}$/;

/** Makes the codec of tickets of one realm. */
export function createTicketCodec(realm: string, keys: Keys): TicketCodec {
  const mac = createMac(`sallyport ticket ${format}\0${realm}\0`, bodyBytes);
  return {
    encode({ keyId, ticketId, ref, expiresAt, serviceMark }) {
      const key = keys.find(keyId);
      if (key === undefined) return undefined;
      const bytes = Buffer.alloc(wholeBytes);
      bytes.writeUInt8(format, 0);
      bytes.writeUInt16BE(keyId, 1);
      bytes.set(ticketId, 3);
      bytes.set(Buffer.from(ref, "base64url"), 19);
      bytes.writeUIntBE(expiresAt, 35, 5);
      bytes.set(serviceMark, 40);
      bytes.set(mac(key, bytes.subarray(0, bodyBytes)), bodyBytes);
      return ticketPrefix + bytes.toString("base64url");
    },
    decode(ticket) {
      if (!pattern.test(ticket)) return undefined;
      const bytes = Buffer.from(ticket.slice(ticketPrefix.length), "base64url");
      if (bytes[0] !== format || bytes[48] !== 0) return undefined;
      const keyId = bytes.readUInt16BE(1);
      let key = keys.find(keyId);
      if (key === undefined && keys.refresh()) key = keys.find(keyId);
      if (key === undefined) return undefined;
      if (!timingSafeEqual(mac(key, bytes.subarray(0, bodyBytes)), bytes.subarray(bodyBytes))) return undefined;
      return {
        keyId,
        ticketId: bytes.subarray(3, 19),
        ref: bytes.toString("base64url", 19, 35),
        expiresAt: bytes.readUIntBE(35, 5),
        serviceMark: bytes.subarray(40, 48),
      };
    },
  };
}

/**
 * Returns the mark of a service.
 *
 * @param service the exact name
 */
export function toServiceMark(service: string): Uint8Array {
  return Buffer.from(hash("sha256", `sallyport service 1\0${service}`, "base64url"), "base64url").subarray(0, 8);
}
