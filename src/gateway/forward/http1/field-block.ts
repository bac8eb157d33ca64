/** What ends a head, and trailers: the end of a line, and an empty line. */
const blockEnd = "\r\n\r\n";

/** As much as most heads have: the bytes behind it are looked at only where the end is not among these. */
const usualBytes = 2_048;

/** A line feed that is not the end of a line (RFC 9112 §2.2). */
const bareLineFeed = /[^\r]\n/;

/** Gathers bytes up to the first empty line, of one read or of many. */
export class FieldBlock {
  /** The lines, each with its end, without the empty one; once it is complete. */
  text = "";
  /** What came with earlier reads, and how it ends. */
  #held = "";
  #heldEnd = "";
  readonly #maxBytes: number;

  /** @param maxBytes of all lines, the empty one included */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @param held as if it had been read already */
  begin(held = ""): void {
    this.#held = held;
    this.#heldEnd = held;
    this.text = "";
  }

  /** What has been read of a block that is not complete. */
  get held(): string {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  /**
   * Reads on. Bytes of `buffer` before `start` and from `end` on are not this block's, and may be anything.
   *
   * @returns the place behind the block; `incomplete`, `tooLarge` or `malformed`, which are below 0
   */
  read(buffer: Buffer, start: number, end: number): number {
    if (this.#held === "") {
      const text = buffer.toString("latin1", start, Math.min(end, start + usualBytes));
      const found = text.indexOf(blockEnd);
      if (found >= 0) {
        const length = found + blockEnd.length;
        if (length > this.#maxBytes) return tooLarge;
        this.text = text.slice(0, found + 2);
        return start + length;
      }
    }
    return this.#readPart(buffer, start, end);
  }

  #readPart(buffer: Buffer, start: number, end: number): number {
    const before = this.#held.length;
    const fresh = buffer.toString("latin1", start, Math.min(end, start + this.#maxBytes - before));
    const seam = this.#heldEnd + fresh;
    const found = seam.indexOf(blockEnd);
    // A longer string made of two is not copied until it is read, which is once: bytes that come one by one cost no more.
    this.#held += fresh;
    if (found >= 0) {
      const length = before - this.#heldEnd.length + found + blockEnd.length;
      this.text = this.#held.slice(0, length - 2);
      return start + length - before;
    }
    if (bareLineFeed.test(seam)) return malformed;
    if (this.#held.length >= this.#maxBytes) return tooLarge;
    this.#heldEnd = seam.slice(-3);
    return incomplete;
  }
}

export const incomplete = -1;
export const tooLarge = -2;
export const malformed = -3;

/** One field a line (RFC 9112 §5): a token, no blank before the colon, no folded lines, no control byte but the tab. */
const fieldLines = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/** Whether these are lines of fields, each with its end. */
export function areFields(lines: string): boolean {
  return fieldLines.test(lines);
}

/** Splits lines that `areFields` has taken: name, value, name, value. */
export function splitFields(lines: string, from: number): string[] {
  const fields: string[] = [];
  let at = from;
  while (at < lines.length) {
    const colon = lines.indexOf(":", at);
    const end = lines.indexOf("\r\n", colon);
    let first = colon + 1;
    let last = end;
    while (first < last && isBlank(lines.charCodeAt(first))) first += 1;
    while (last > first && isBlank(lines.charCodeAt(last - 1))) last -= 1;
    fields.push(lines.slice(at, colon), lines.slice(first, last));
    at = end + 2;
  }
  return fields;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
