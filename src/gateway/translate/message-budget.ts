/** The bytes of messages that all unary calls of Connect together may keep: thirty of the longest, by the default. */
export const keptMessageBytes: number = 128 * 1024 * 1024;

/** The bytes that all calls together may keep of messages. */
export class MessageBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** What is not taken. */
  get left(): number {
    return this.#left;
  }

  /** @returns `false`, and takes nothing, when there is not as much left */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** Why a message is not kept: it is too long, or all calls together keep too much. */
export type BufferFault = "length" | "budget";

const nothing: Buffer = Buffer.alloc(0);

/**
 * One message, whole or on its way, whose memory is counted against a budget for as long as it is kept. Its chunks are
 * copied: one byte of a chunk may keep the whole buffer into which Node has read it.
 */
export class MessageBuffer {
  readonly #budget: MessageBudget;
  readonly #maxBytes: number;
  #kept: Buffer = nothing;
  #length = 0;
  /** What was taken of the budget. */
  #taken = 0;

  constructor(budget: MessageBudget, maxBytes: number) {
    this.#budget = budget;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** What is kept so far: used at once, and not longer. */
  get bytes(): Uint8Array {
    return this.#kept.subarray(0, this.#length);
  }

  add(chunk: Uint8Array): BufferFault | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#maxBytes) return "length";
    if (length > this.#kept.length && !this.#grow(length)) return "budget";
    this.#kept.set(chunk, this.#length);
    this.#length = length;
    return undefined;
  }

  /** The first part fits exactly, since most messages come in one. */
  #grow(length: number): boolean {
    const before = this.#kept;
    const size = Math.max(length, Math.min(2 * before.length, this.#maxBytes));
    if (!this.#budget.take(size - this.#taken)) return false;
    this.#taken = size;
    this.#kept = Buffer.allocUnsafeSlow(size);
    this.#kept.set(before.subarray(0, this.#length));
    return true;
  }

  /** Returns all of it, which counts until `clear`: the message that took its place is still on its way. */
  take(): Buffer {
    const whole = this.#kept.subarray(0, this.#length);
    this.#kept = nothing;
    this.#length = 0;
    return whole;
  }

  /** Keeps nothing any longer, and counts no more. */
  clear(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
    this.#kept = nothing;
    this.#length = 0;
  }
}
