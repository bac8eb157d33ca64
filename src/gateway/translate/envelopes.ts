/** A byte of flags, and the length in four bytes: gRPC, gRPC-Web and streams of Connect share this form. */
export const prefixBytes = 5;

/** A message that is compressed. */
export const compressedFlag = 1;

const nothing: Buffer = Buffer.alloc(0);

/**
 * Why a sequence of messages may not go on. `flags`: one of them is no message, such as the end of a stream, which neither
 * side may say here. `compressed`: in an encoding that the other side did not accept. `length`: longer than allowed.
 */
export type EnvelopeFault = "flags" | "compressed" | "length";

/**
 * Checks the prefixes of messages that pass in chunks, and keeps none of the messages: at most the beginning of a prefix is
 * held, so that what has passed ends either at a message's end or inside one that was checked.
 */
export class EnvelopeScanner {
  /** What ended it: nothing passes any more. */
  fault: EnvelopeFault | undefined = undefined;
  /** How many messages have begun. */
  count = 0;
  /** Whether messages may be compressed. */
  takesCompressed = true;
  readonly #maxBytes: number;
  #held: Buffer = nothing;
  /** What is missing of the message that has begun. */
  #missing = 0;

  /** @param maxBytes of one message, without its prefix */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What has passed ends inside a message. */
  get isInside(): boolean {
    return this.#missing > 0;
  }

  /** All that came is whole messages. */
  get isWhole(): boolean {
    return this.#missing === 0 && this.#held.length === 0;
  }

  /** Takes the next bytes, and returns those that may pass: a part of `chunk`, or a copy. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.fault !== undefined) return nothing;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = nothing;
    let at = 0;
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const part = Math.min(this.#missing, bytes.length - at);
        this.#missing -= part;
        at += part;
      } else if (!this.#begin(bytes, at)) {
        return at === 0 ? nothing : bytes.subarray(0, at);
      } else at += prefixBytes;
    }
    return bytes;
  }

  /** Reads the prefix that begins at `at`. Returns `false` when it may not pass, or not yet. */
  #begin(bytes: Uint8Array, at: number): boolean {
    const flags = bytes[at] as number;
    if (flags > compressedFlag) this.fault = "flags";
    else if (flags === compressedFlag && !this.takesCompressed) this.fault = "compressed";
    else if (bytes.length - at < prefixBytes) this.#held = Buffer.from(bytes.subarray(at));
    else {
      const length = readLength(bytes, at);
      if (length > this.#maxBytes) this.fault = "length";
      else {
        this.#missing = length;
        this.count += 1;
        return true;
      }
    }
    return false;
  }
}

/** Reads the length in a prefix that begins at `at`. */
export function readLength(bytes: Uint8Array, at = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(1);
}

/** Writes a message, or the end of a stream, with its prefix. */
export function toEnvelope(flags: number, ...parts: readonly Uint8Array[]): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(
    parts.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return Buffer.concat([prefix, ...parts]);
}
