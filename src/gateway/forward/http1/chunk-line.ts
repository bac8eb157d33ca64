/** 4 GiB and more in one chunk is nothing that a server sends. Leading zeros count. */
const maxDigits = 8;

/** The extensions of all chunks of an answer, as Node bounds them. RFC 9112 §7.1.1 asks for a bound. */
const maxExtensionBytes = 16_384;

/** RFC 9112 §7.1.1, without blanks. */
const extensionForm =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e]*"))?)+$/;

const stages = { size: 0, extension: 1, lineFeed: 2 } as const;

/** Reads the line before each chunk: its size in hexadecimal digits, and extensions, which mean nothing to us. */
export class ChunkLine {
  /** The size of the chunk, once its line is complete. */
  size = 0;
  #digits = 0;
  #stage: number = stages.size;
  #extension = "";
  #extensionBytes = 0;

  /** Another answer begins. */
  begin(): void {
    this.#extensionBytes = 0;
    this.#next();
  }

  #next(): void {
    this.#digits = 0;
    this.#stage = stages.size;
    this.#extension = "";
  }

  /**
   * Reads on.
   *
   * @returns the place behind the line; -1 when it is not complete, and -2 when it is no line of a chunk
   */
  read(buffer: Buffer, start: number, end: number): number {
    for (let at = start; at < end; at += 1) {
      const code = buffer[at] as number;
      if (this.#stage === stages.size) {
        const digit = hexadecimal(code);
        if (digit >= 0) {
          if (this.#digits === maxDigits) return -2;
          this.size = this.#digits === 0 ? digit : this.size * 16 + digit;
          this.#digits += 1;
        } else if (this.#digits === 0) return -2;
        else if (code === 0x0d) this.#stage = stages.lineFeed;
        else if (code === 0x3b) {
          this.#stage = stages.extension;
          at -= 1;
        } else return -2;
      } else if (this.#stage === stages.extension) {
        if (code === 0x0d) {
          if (!extensionForm.test(this.#extension)) return -2;
          this.#stage = stages.lineFeed;
        } else {
          this.#extensionBytes += 1;
          if (this.#extensionBytes > maxExtensionBytes) return -2;
          this.#extension += String.fromCharCode(code);
        }
      } else {
        if (code !== 0x0a) return -2;
        this.#next();
        return at + 1;
      }
    }
    return -1;
  }
}

function hexadecimal(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
