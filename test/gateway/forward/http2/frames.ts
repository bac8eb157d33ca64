import type { Socket } from "node:net";
import { frame, literal } from "../../../../src/testing/adapter/http2-frames.js";

export { frame };

/** Types of frames (RFC 9113 §6). */
export const types = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export const endStream = 1;
export const endHeaders = 4;

/** A field as a literal that is not indexed (RFC 7541 §6.2.2). */
export function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), literal(name), literal(value)]);
}

/** `:status: 200` (RFC 7541, appendix A). */
export const ok: Buffer = Buffer.of(0x88);

export const settings = (...pairs: readonly (readonly [id: number, value: number])[]): Buffer => {
  const payload = Buffer.alloc(6 * pairs.length);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  });
  return frame(types.settings, 0, 0, payload);
};

export const uint32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, 4 * index);
  });
  return bytes;
};

/**
 * Tells the frames that come.
 *
 * @param prefaceBytes what comes before them. Default: the preface of a client; a server sends none
 */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void, prefaceBytes = 24): void {
  let held = Buffer.alloc(0);
  let skip = prefaceBytes;
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (held.length < skip) return;
    held = held.subarray(skip);
    skip = 0;
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const length = held.readUIntBE(0, 3);
      const next = { type: held[3] ?? 0, flags: held[4] ?? 0, id: held.readUInt32BE(5) };
      const payload = held.subarray(9, 9 + length);
      held = held.subarray(9 + length);
      onFrame({ ...next, payload });
    }
  });
}
