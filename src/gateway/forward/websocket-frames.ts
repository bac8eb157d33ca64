/** Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) by their headers alone. */
export interface FrameTracker {
  /** Takes the next bytes of the direction. */
  see(chunk: Uint8Array): void;
  /** Whether the last frame is whole: another one may be sent now, between two fragments of a message too (§5.4). */
  readonly isBetween: boolean;
  /** Whether a close frame has passed: none may follow it (§5.5.1). */
  readonly isClosed: boolean;
}

const closeOpcode = 8;

/** Makes a tracker at the first byte behind the handshake. It keeps nothing of what passes, and looks at headers only. */
export function createFrameTracker(): FrameTracker {
  /** Bytes of the header that have come, and the length of the header as far as it is known. */
  let have = 0;
  let headerLength = 2;
  let lengthEnd = 2;
  let opcode = 0;
  let length = 0;
  /** Bytes of the payload that are still to come. */
  let left = 0;
  let isClosed = false;

  function readHeader(byte: number): void {
    if (have === 0) opcode = byte & 0x0f;
    else if (have === 1) {
      length = byte & 0x7f;
      lengthEnd = length === 126 ? 4 : length === 127 ? 10 : 2;
      headerLength = lengthEnd + (byte > 0x7f ? 4 : 0);
      if (lengthEnd > 2) length = 0;
    } else if (have < lengthEnd) length = length * 256 + byte;
    have += 1;
    if (have < 2 || have < headerLength) return;
    have = 0;
    left = length;
    if (opcode === closeOpcode) isClosed = true;
  }

  return {
    see(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (left === 0) {
          readHeader(chunk[at] as number);
          at += 1;
          continue;
        }
        const passed = Math.min(left, chunk.length - at);
        left -= passed;
        at += passed;
      }
    },
    get isBetween() {
      return left === 0 && have === 0;
    },
    get isClosed() {
      return isClosed;
    },
  };
}

/** Returns a close frame of a server, which is not masked (RFC 6455 §5.1). `reason`: at most 123 bytes of ASCII. */
export function toCloseFrame(code: number, reason: string): Buffer {
  const frame = Buffer.alloc(4 + reason.length);
  frame[0] = 0x80 | closeOpcode;
  frame[1] = 2 + reason.length;
  frame.writeUInt16BE(code, 2);
  frame.write(reason, 4, "latin1");
  return frame;
}
