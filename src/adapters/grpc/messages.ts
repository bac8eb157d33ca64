/** A log-in, with a token of 16 KiB of headers' worth in it. Connect's and gRPC's own limits are 4 GiB and 4 MiB. */
export const maxMessageBytes: number = 16 * 1024;

const prefixBytes = 5;

const nothing = Buffer.alloc(0);

/** Why a body is no sequence of messages. */
export type MessageFault = "too-large" | "compressed" | "malformed";

/** Takes a body in chunks and gives its messages. */
export interface MessageReader {
  /** The bytes that came next; what they complete is given by `next`. */
  push(chunk: Uint8Array): void;
  /** The next whole message; `undefined` while there is none. */
  next(): Uint8Array | MessageFault | undefined;
  /** A message has begun and is not whole. */
  partial(): boolean;
}

/**
 * Length-prefixed messages (gRPC over HTTP2, "Length-Prefixed-Message"): a byte that says whether it is compressed,
 * four of length, the message. A length is judged before a byte of the message is kept.
 */
export function createMessageReader(): MessageReader {
  let held: Buffer = nothing;
  return {
    partial: () => held.length > 0,
    push(chunk) {
      held = Buffer.concat([held, chunk]);
    },
    next() {
      if (held.length < prefixBytes) return undefined;
      const flags = held[0];
      if (flags !== 0) return flags === 1 ? "compressed" : "malformed";
      const length = held.readUInt32BE(1);
      if (length > maxMessageBytes) return "too-large";
      if (held.length < prefixBytes + length) return undefined;
      const message = held.subarray(prefixBytes, prefixBytes + length);
      held = held.subarray(prefixBytes + length);
      return message;
    },
  };
}

/** A message with its prefix. `flags` 128 marks gRPC-Web's trailers. */
export function toFrame(message: Uint8Array, flags = 0): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame.writeUInt8(flags, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}
