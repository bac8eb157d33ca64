import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import type { Failure } from "../../../src/gateway/forward/exchange.js";
import { connectTunnel } from "../../../src/gateway/forward/tunnel.js";
import { unread } from "../../../src/gateway/forward/unread.js";
import { createWorld } from "../../world.js";

/** One end of a connection, whose other end is the test. */
class End extends Duplex {
  readonly written: Buffer[] = [];
  isFinished = false;
  /** Kept back while the other end does not read. */
  #waiting: (() => void) | undefined;
  reads = true;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    if (this.reads) done();
    else this.#waiting = done;
  }

  override _final(done: () => void): void {
    this.isFinished = true;
    if (this.#waiting === undefined) done();
  }

  get text(): string {
    return Buffer.concat(this.written).toString("latin1");
  }
}

const settle = async () => {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
};

const closeFrame = "\x88\x1a\x03\xf0What let you in is gone.";
const hello = Buffer.from("\x81\x05hello", "latin1");

function world({ atOnce = false } = {}) {
  const { platform, advance } = createWorld();
  const [caller, upstream] = [new End(), new End()];
  let shutOut = (): void => {};
  let giveWay = (): void => {};
  let isHeld = true;
  const hold = (end: (why: "shut_out" | Failure) => void) => {
    shutOut = () => end("shut_out");
    giveWay = () => end(unread);
    if (atOnce) end("shut_out");
    return () => {
      isHeld = false;
    };
  };
  let stop = (): void => {};
  let isHeldOpen = true;
  const holdOpen = (end: () => void) => {
    stop = end;
    return () => {
      isHeldOpen = false;
    };
  };
  const endings: (string | Failure)[] = [];
  const onClosed = (ending: string | Failure) => endings.push(ending);
  connectTunnel({ caller, upstream, hold, holdOpen, onClosed, platform, idleMs: 60_000 });
  const state = { isHeld: () => isHeld, isHeldOpen: () => isHeldOpen, endings };
  return {
    caller,
    upstream,
    advance,
    shutOut: () => shutOut(),
    stop: () => stop(),
    giveWay: () => giveWay(),
    ...state,
  };
}

test("a caller who is shut out between two frames gets a close frame, and nothing more goes either way", async () => {
  const { caller, upstream, shutOut, isHeld, isHeldOpen, endings } = world();
  upstream.push(hello);
  await settle();
  shutOut();
  caller.push(Buffer.from("more"));
  await settle();
  assert.equal(caller.text, `${hello.toString("latin1")}${closeFrame}`);
  assert.equal(caller.isFinished, true);
  assert.equal(upstream.destroyed, true);
  assert.equal(upstream.text, "");
  assert.equal(caller.destroyed, false, "it may answer with its own close frame");
  caller.push(null);
  await settle();
  assert.equal(caller.destroyed, true);
  assert.deepEqual([isHeld(), isHeldOpen(), endings], [false, false, ["shut_out"]]);
});

test("a caller who does not answer the close frame, or does not read it, is cut after a second", async () => {
  for (const reads of [true, false]) {
    const { caller, upstream, shutOut, advance } = world();
    caller.reads = reads;
    upstream.push(hello);
    await settle();
    shutOut();
    await settle();
    advance(999);
    await settle();
    assert.equal(caller.destroyed, false);
    advance(1);
    await settle();
    assert.equal(caller.destroyed, true);
  }
});

for (const [what, bytes] of [
  ["in the middle of a frame", hello.subarray(0, 4)],
  ["in the middle of a header", hello.subarray(0, 1)],
  ["behind the close frame of the upstream", Buffer.from("\x88\x00", "latin1")],
] as const) {
  test(`a caller who is shut out ${what} is cut`, async () => {
    const { caller, upstream, shutOut } = world();
    upstream.push(bytes);
    await settle();
    shutOut();
    await settle();
    assert.deepEqual(Buffer.concat(caller.written), bytes);
    assert.deepEqual([caller.destroyed, upstream.destroyed], [true, true]);
  });
}

test("a caller whom the upstream has left is cut", async () => {
  const { caller, upstream, shutOut } = world();
  upstream.push(null);
  await settle();
  shutOut();
  await settle();
  assert.deepEqual([caller.destroyed, upstream.destroyed], [true, true]);
});

test("what let the caller in may be gone before the tunnel is open: its first bytes are the close frame", async () => {
  const { caller, upstream, advance } = world({ atOnce: true });
  await settle();
  assert.equal(caller.text, closeFrame);
  assert.equal(upstream.destroyed, true);
  advance(1_000);
  assert.equal(caller.destroyed, true);
});

test("when the gateway goes away its caller gets a close frame of 1001, once", async () => {
  const { caller, stop, shutOut, endings, upstream } = world();
  upstream.push(hello);
  await settle();
  stop();
  stop();
  shutOut();
  await settle();
  assert.equal(caller.text, `${hello.toString("latin1")}\x88\x23\x03\xe9The gateway stops. Connect again.`);
  caller.push(null);
  await settle();
  assert.deepEqual(endings, ["going_away"]);
});

test("a caller who does not read gets no close frame, which it would not read either", async () => {
  const { caller, upstream, giveWay, endings } = world();
  upstream.push(hello);
  await settle();
  giveWay();
  await settle();
  assert.equal(caller.text, hello.toString("latin1"));
  assert.deepEqual([caller.destroyed, endings], [true, [unread]]);
});
