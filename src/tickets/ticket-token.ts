import { hash, timingSafeEqual } from "node:crypto";
import type { Keys } from "../keys/key-ring.js";
import { createMac } from "../keys/mac.js";

/** Marks a ticket, for secret scanners. */
export const ticketPrefix = "spt_";

/** What a ticket says of itself. */
export interface TicketFields {
  readonly keyId: number;
  /** 16 bytes; in the ticket only. */
  readonly ticketId: Uint8Array;
  /** The ref of the session that it was issued for: no secret, and enough to say whose ticket was misused. */
  readonly ref: string;
  /** Whole seconds since 1970. */
  readonly expiresAt: number;
  /** The first 8 bytes of the SHA-256 of the service's name: who is wrong is told without asking the store. */
  readonly serviceMark: Uint8Array;
}

export interface TicketCodec {
  /** `undefined` when the ring holds no key of that id any more. */
  encode(fields: TicketFields): string | undefined;
  /** `undefined` for anything that this deployment did not issue. */
  decode(ticket: string): TicketFields | undefined;
}

// version 1 ‖ key id 2 ‖ ticket id 16 ‖ session ref 16 ‖ expires-at 5 ‖ service mark 8 ‖ reserved 1 ‖ HMAC-SHA-256 32:
// 81 bytes are 108 characters of base64url with no spare bits, so that every ticket has one spelling.
const format = 1;

const bodyBytes = 49;

const wholeBytes = 81;

const pattern = /^spt_[A-Za-z0-9_-]{108}$/;

/** Writes and reads tickets of one realm. */
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

/** @param service the name, exact */
export function toServiceMark(service: string): Uint8Array {
  return Buffer.from(hash("sha256", `sallyport service 1\0${service}`, "base64url"), "base64url").subarray(0, 8);
}
