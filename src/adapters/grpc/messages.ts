/**
 * The longest message: a log-in with a token as long as all headers of a request may be. Connect's and gRPC's own
 * limits are 4 GiB and 4 MiB.
 */
export const maxMessageBytes: number = 16 * 1024;

const prefixBytes = 5;

const nothing = Buffer.alloc(0);

/** The fault of a body that is not a sequence of messages. */
export type MessageFault = "too-large" | "compressed" | "malformed";

/** Splits a body that arrives in chunks into its messages. */
export interface MessageReader {
  /** Adds the next bytes of the body. */
  push(chunk: Uint8Array): void;
  /** Returns the next complete message; `undefined` while there is none. */
  next(): Uint8Array | MessageFault | undefined;
  /** Whether a message has begun and is not complete. */
  partial(): boolean;
}

/**
 * Makes a reader of length-prefixed messages (gRPC over HTTP2, "Length-Prefixed-Message"): a byte of flags, the length
 * in four bytes, the message. A message that is too long is refused by its prefix, before any byte of it is kept.
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

/** Writes a message with its prefix. `flags` 128 marks gRPC-Web's trailers. */
export function toFrame(message: Uint8Array, flags = 0): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame.writeUInt8(flags, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}
