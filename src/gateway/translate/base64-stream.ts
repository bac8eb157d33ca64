/** Decodes base64 that comes in chunks, and may have padding in its middle: gRPC-Web-text pads where it likes. */
export class Base64Stream {
  /** Fewer than four characters. */
  #held = "";

  /** All that came was decoded. */
  get isWhole(): boolean {
    return this.#held === "";
  }

  /** Returns what the next characters add; `undefined` when they are no base64. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const text = this.#held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1");
    const end = text.length - (text.length % 4);
    this.#held = text.slice(end);
    const whole = text.slice(0, end);
    // Node reads past characters of no alphabet, and those of another one.
    if (/[^A-Za-z0-9+/=]/.test(text)) return undefined;
    const parts = whole.match(/[^=]+={0,2}/g) ?? [];
    let length = 0;
    for (const part of parts) {
      if (part.length % 4 !== 0) return undefined;
      length += part.length;
    }
    if (length !== whole.length) return undefined;
    return Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  }
}

/** Encodes bytes, with padding at their end. */
export function toBase64Bytes(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"), "latin1");
}
