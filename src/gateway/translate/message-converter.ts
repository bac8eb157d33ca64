import { prefixBytes, readLength, toEnvelope } from "./envelopes.js";
import { type BufferFault, type MessageBudget, MessageBuffer } from "./message-budget.js";

/** Why messages are not converted: one is not in the format that it should have, or there is no room for it. */
export type ConvertFault = BufferFault | "format";

/** Puts messages together that come in chunks, and converts each. One message is kept at a time. */
export class MessageConverter {
  readonly #convert: (message: Uint8Array) => Uint8Array | undefined;
  readonly #kept: MessageBuffer;
  readonly #maxBytes: number;

  /** @param convert returns `undefined` for what it cannot convert */
  constructor(convert: (message: Uint8Array) => Uint8Array | undefined, budget: MessageBudget, maxBytes: number) {
    this.#convert = convert;
    this.#kept = new MessageBuffer(budget, prefixBytes + maxBytes);
    this.#maxBytes = maxBytes;
  }

  /**
   * @param bytes the next ones, whose prefixes were checked
   * @returns the messages that are complete now, with their prefixes
   */
  push(bytes: Uint8Array): Uint8Array | ConvertFault {
    const converted: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + this.#missing());
      const fault = this.#kept.add(part);
      if (fault !== undefined) return fault;
      at += part.length;
      if (this.#missing() > 0) continue;
      const message = this.#convert(this.#kept.take().subarray(prefixBytes));
      this.#kept.clear();
      if (message === undefined) return "format";
      if (message.length > this.#maxBytes) return "length";
      converted.push(toEnvelope(0, message));
    }
    return Buffer.concat(converted);
  }

  /** What is missing of the message that has begun, or of its prefix. */
  #missing(): number {
    const { length } = this.#kept;
    if (length < prefixBytes) return prefixBytes - length;
    return prefixBytes + readLength(this.#kept.bytes) - length;
  }

  /** Keeps nothing any longer. */
  clear(): void {
    this.#kept.clear();
  }
}
