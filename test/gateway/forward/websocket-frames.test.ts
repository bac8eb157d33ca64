import assert from "node:assert/strict";
import { test } from "node:test";
import { createFrameTracker, toCloseFrame } from "../../../src/gateway/forward/websocket-frames.js";
import { createRandom } from "../../../src/testing/random.js";

/** A frame as RFC 6455 §5.2 lays it out. */
function frame(opcode: number, length: number, { isFinal = true, isMasked = false } = {}): Buffer {
  const extended = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const code = length < 126 ? length : extended.length === 2 ? 126 : 127;
  const head = Buffer.from([(isFinal ? 0x80 : 0) | opcode, (isMasked ? 0x80 : 0) | code]);
  return Buffer.concat([head, extended, Buffer.alloc(isMasked ? 4 : 0, 0xff), Buffer.alloc(length, 0xff)]);
}

const lengths = [0, 1, 2, 125, 126, 127, 300, 65_535, 65_536, 70_000];

test("the ends of frames are known for every length, whole and byte by byte", () => {
  for (const length of lengths) {
    for (const isMasked of [false, true]) {
      const bytes = frame(2, length, { isMasked });
      const whole = createFrameTracker();
      whole.see(bytes);
      assert.equal(whole.isBetween, true, `${length}`);
      const slow = createFrameTracker();
      for (let at = 0; at < bytes.length; at += 1) {
        assert.equal(slow.isBetween, at === 0, `${length}, byte ${at}`);
        slow.see(bytes.subarray(at, at + 1));
      }
      assert.equal(slow.isBetween, true);
      assert.equal(slow.isClosed, false);
    }
  }
});

test("of frames in a row, cut anywhere, the ends are known, and a close frame is seen with its last byte of header", (t) => {
  const random = createRandom();
  t.diagnostic(`seed ${random.seed}`);
  for (let round = 0; round < 200; round += 1) {
    const frames = Array.from({ length: 6 }, () =>
      frame(random.pick([0, 1, 2, 9, 10]), random.pick(lengths), { isFinal: random.pick([false, true]) }),
    );
    frames.push(frame(8, random.pick([0, 2, 125])));
    const ends = new Set<number>();
    let end = 0;
    for (const one of frames) {
      end += one.length;
      ends.add(end);
    }
    const bytes = Buffer.concat(frames);
    const tracker = createFrameTracker();
    const closeAt = bytes.length - (frames.at(-1)?.length ?? 0) + 2;
    for (let at = 0; at < bytes.length; ) {
      const next = Math.min(bytes.length, at + random.pick([1, 2, 3, 130, 5_000, 80_000]));
      tracker.see(bytes.subarray(at, next));
      at = next;
      assert.equal(tracker.isBetween, ends.has(at), `round ${round}, byte ${at}`);
      assert.equal(tracker.isClosed, at >= closeAt, `round ${round}, byte ${at}`);
    }
  }
});

test("a close frame is one of a server, and seen as such", () => {
  const bytes = toCloseFrame(1008, "out");
  assert.deepEqual([...bytes], [0x88, 5, 0x03, 0xf0, 0x6f, 0x75, 0x74]);
  const tracker = createFrameTracker();
  tracker.see(bytes);
  assert.deepEqual([tracker.isBetween, tracker.isClosed], [true, true]);
});
