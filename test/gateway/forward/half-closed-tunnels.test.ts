import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connectTunnel } from "../../../src/gateway/forward/tunnel.js";
import { createWorld, type World } from "../../world.js";

const idleMs = 60_000;

interface Ends {
  /** Of the caller, and of the upstream. */
  readonly near: Socket;
  readonly far: Socket;
  readonly world: World;
  /** Ends it as the end of the caller's session does. */
  shutOut(): void;
  readonly isHeld: () => boolean;
}

async function pair(t: TestContext): Promise<readonly [outer: Socket, inner: Socket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const outer = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
  const [inner] = await accepted;
  t.after(() => {
    outer.destroy();
    server.close();
  });
  return [outer, inner];
}

async function open(t: TestContext): Promise<Ends> {
  const world = createWorld();
  const [[near, caller], [far, upstream]] = await Promise.all([pair(t), pair(t)]);
  let shutOut = (): void => {};
  let isHeld = true;
  function hold(end: (why: "shut_out") => void): () => void {
    shutOut = () => end("shut_out");
    return () => {
      isHeld = false;
    };
  }
  connectTunnel({ caller, upstream, hold, holdOpen: () => () => {}, onClosed() {}, idleMs, platform: world.platform });
  return { near, far, world, shutOut: () => shutOut(), isHeld: () => isHeld };
}

const says = async (from: Socket, to: Socket, word: string): Promise<void> => {
  from.write(word);
  assert.equal(String((await once(to, "data"))[0]), word);
};

/** Resolves when the tunnel has closed the connection: these sockets themselves stay half open. */
const gone = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.resume().on("end", resolve).on("close", resolve));

const bothEnd = ({ near, far }: Ends): Promise<unknown> => Promise.all([gone(near), gone(far)]);

for (const who of ["near", "far"] as const) {
  test(`the side that has not closed its direction has five seconds more: ${who === "near" ? "upstream" : "caller"}`, async (t) => {
    const ends = await open(t);
    const [closing, other] = who === "near" ? [ends.near, ends.far] : [ends.far, ends.near];
    const seen = once(other, "end");
    other.resume();
    closing.end();
    await seen;
    await says(other, closing, "still");
    ends.world.advance(4_999);
    await says(other, closing, "there");
    const over = once(closing.resume(), "close");
    const cut = once(other, "close");
    ends.world.advance(1);
    await over;
    other.destroy();
    await cut;
    assert.equal(ends.isHeld(), false);
  });
}

test("what a side says after the other's end arrives before its own end, and nothing is held", async (t) => {
  const ends = await open(t);
  const closed = once(ends.far, "close");
  ends.far.on("end", () => ends.far.end("bye"));
  ends.far.resume();
  ends.near.end("hello");
  let text = "";
  for await (const chunk of ends.near) text += chunk;
  assert.equal(text, "bye");
  await closed;
  while (ends.isHeld()) await new Promise((resolve) => setImmediate(resolve));
});

test("a tunnel through which nothing passes is closed, and one that is used in one direction is not", async (t) => {
  const ends = await open(t);
  for (let round = 0; round < 5; round += 1) {
    ends.world.advance(idleMs - 1);
    await says(ends.far, ends.near, "alive");
  }
  const over = bothEnd(ends);
  ends.world.advance(2 * idleMs);
  await over;
  assert.equal(ends.isHeld(), false);
});

test("a tunnel ends on both sides when what let its caller in is gone, or when one side breaks off", async (t) => {
  const first = await open(t);
  const over = bothEnd(first);
  first.shutOut();
  await over;
  first.near.destroy();
  const second = await open(t);
  const cut = gone(second.near);
  second.far.resetAndDestroy();
  await cut;
  assert.equal(second.isHeld(), false);
});
