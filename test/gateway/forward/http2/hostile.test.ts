import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createRandom } from "../../../../src/testing/random.js";
import { sized } from "../../../size.js";
import { createWorld, type World } from "../../../world.js";
import { endHeaders, endStream, field, frame, ok, readFrames, settings, types, uint32 } from "./frames.js";
import { post, RecordingExchange } from "./recording-exchange.js";
import { forwarderTo, startTcp } from "./upstreams.js";

/** Behaves well until a request comes. */
const onRequest = (act: (socket: Socket, id: number) => void) => (socket: Socket) => {
  socket.write(settings());
  readFrames(socket, ({ type, id }) => {
    if (type === types.headers) act(socket, id);
  });
};

/** Writes as long as the peer takes it. */
function flood(socket: Socket, bytes: Buffer): void {
  const go = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", go);
  socket.resume();
  go();
}

const big = (count: number, bytes: number) =>
  Buffer.concat([ok, ...Array.from({ length: count }, (_, index) => field(`x-${index}`, "a".repeat(bytes)))]);

function blocks(id: number, block: Buffer, flags = 0): Buffer {
  const parts = [];
  for (let at = 0; at < block.length; at += 16_384) {
    const last = at + 16_384 >= block.length ? endHeaders : 0;
    const part = block.subarray(at, at + 16_384);
    parts.push(at === 0 ? frame(types.headers, last | flags, id, part) : frame(types.continuation, last, id, part));
  }
  return Buffer.concat(parts);
}

for (const [what, block] of [
  ["one field of 20 kB", big(1, 20_000)],
  ["400 fields of 30 bytes", big(400, 30)],
  ["four fields of 20 kB", big(4, 20_000)],
] as const) {
  for (const round of ["first", "second"]) {
    test(`a head with ${what} is too large, and told by name, to the ${round} request of a connection`, async (t) => {
      let requests = 0;
      const upstream = await startTcp(
        t,
        onRequest((socket, id) => {
          requests += 1;
          const isFirst = round === "second" && requests === 1;
          socket.write(isFirst ? frame(types.headers, endHeaders | endStream, id, ok) : blocks(id, block));
        }),
      );
      const forwarder = forwarderTo(t, upstream, { maxHeadBytes: 16_384 });
      if (round === "second") assert.equal((await new RecordingExchange().via(forwarder).done()).headPart?.status, 200);
      const exchange = await new RecordingExchange().via(forwarder).done();
      assert.equal(exchange.failure?.code, "upstream_head_too_large");
      assert.match(exchange.failure?.detail ?? "", /more than 16384 bytes$/);
    });
  }
}

test("trailers that are too large are told by name", async (t) => {
  const upstream = await startTcp(
    t,
    onRequest((socket, id) => {
      socket.write(frame(types.headers, endHeaders, id, ok));
      socket.write(blocks(id, big(1, 20_000).subarray(1), endStream));
    }),
  );
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream, { maxHeadBytes: 16_384 })).done();
  assert.equal(exchange.failure?.code, "upstream_head_too_large");
});

test("a head of 40 kB passes where the limit is 64 KiB", async (t) => {
  const upstream = await startTcp(
    t,
    onRequest((socket, id) => socket.write(blocks(id, big(2, 20_000), endStream))),
  );
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.headPart?.headers[1]?.length, 20_000);
});

for (const [what, act] of [
  [
    "CONTINUATION without end",
    (socket, id) => {
      socket.write(frame(types.headers, 0, id, ok));
      flood(socket, frame(types.continuation, 0, id, field("x", "y")));
    },
  ],
  [
    "empty CONTINUATION without end",
    (socket, id) => {
      socket.write(frame(types.headers, 0, id, ok));
      flood(socket, frame(types.continuation, 0, id));
    },
  ],
  ["a WINDOW_UPDATE of 0", (socket) => socket.write(frame(types.windowUpdate, 0, 0, uint32(0)))],
  ["a WINDOW_UPDATE beyond 2^31", (socket) => socket.write(frame(types.windowUpdate, 0, 0, uint32(0x7fffffff)))],
  ["a stream of its own", (socket) => socket.write(frame(types.headers, endHeaders, 2, ok))],
  [
    "a status that is none",
    (socket, id) => {
      socket.write(frame(types.headers, endHeaders | endStream, id, field(":status", "abc")));
    },
  ],
  ["no status", (socket, id) => socket.write(frame(types.headers, endHeaders | endStream, id, field("x", "y")))],
  [
    "a Connection field",
    (socket, id) => {
      socket.write(frame(types.headers, endHeaders | endStream, id, Buffer.concat([ok, field("connection", "x")])));
    },
  ],
  ["101", (socket, id) => socket.write(frame(types.headers, endHeaders | endStream, id, field(":status", "101")))],
] as readonly (readonly [string, (socket: Socket, id: number) => void])[]) {
  test(`an upstream that sends ${what} fails its request, and the next one gets a fresh chance`, async (t) => {
    let isHostile = true;
    const upstream = await startTcp(
      t,
      onRequest((socket, id) => {
        if (isHostile) act(socket, id);
        else socket.write(frame(types.headers, endHeaders | endStream, id, ok));
      }),
    );
    const forwarder = forwarderTo(t, upstream);
    const exchange = await new RecordingExchange().via(forwarder).done();
    assert.match(exchange.last?.[0] ?? "", /^(?:fail|reset)$/);
    assert.equal(exchange.failure?.reason, "upstream_failed");
    isHostile = false;
    assert.equal((await new RecordingExchange().via(forwarder).done()).headPart?.status, 200);
  });
}

/** Lets what is on its way arrive, and turns the clock when nothing comes any more, until the exchange is over. */
async function outlast(exchange: RecordingExchange, world: World): Promise<void> {
  for (let turn = 1; !exchange.isOver; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 50 === 0) world.advance(1_000);
  }
  await exchange.done();
}

for (const [what, bytes] of [
  ["SETTINGS of 40 values", () => settings(...Array.from({ length: 40 }, (_, index) => [0xf000 + index, 1] as const))],
  ["broken HPACK", (id) => frame(types.headers, endHeaders, id, Buffer.of(0xff, 0xff, 0xff, 0xff))],
  ["a field of 100 kB", (id) => blocks(id, big(1, 100_000))],
  ["a frame that is too long", (id) => frame(types.data, 0, id, Buffer.alloc(20_000))],
  ["DATA without a head", (id) => frame(types.data, endStream, id, Buffer.from("x"))],
  [
    "a promise and no answer",
    (id) => {
      return frame(types.pushPromise, endHeaders, id, Buffer.concat([uint32(2), Buffer.of(0x82, 0x86, 0x84)]));
    },
  ],
] as readonly (readonly [string, (id: number) => Buffer])[]) {
  test(`a connection that Node leaves as it is after ${what} is replaced`, async (t) => {
    const world = createWorld();
    let isHostile = true;
    const upstream = await startTcp(
      t,
      onRequest((socket, id) => {
        socket.write(isHostile ? bytes(id) : frame(types.headers, endHeaders | endStream, id, ok));
      }),
    );
    const forwarder = forwarderTo(t, upstream, { platform: world.platform });
    const alone = new RecordingExchange().via(forwarder);
    await outlast(alone, world);
    assert.match(alone.failure?.reason ?? "", /^upstream_(?:failed|timeout)$/);
    isHostile = false;
    const next = new RecordingExchange().via(forwarder);
    await outlast(next, world);
    assert.equal(next.headPart?.status, 200);
  });
}

test("a request on a connection that Node has given up is repeated on another one, and the rest is told", async (t) => {
  let requests = 0;
  let onGoaway = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    onGoaway = resolve;
  });
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type === types.goaway) onGoaway();
      if (type !== types.headers) return;
      requests += 1;
      const isFirst = requests === 1;
      socket.write(frame(types.headers, endHeaders | endStream, id, isFirst ? Buffer.of(0xff, 0xff, 0xff, 0xff) : ok));
    });
  });
  const world = createWorld();
  const forwarder = forwarderTo(t, upstream, { platform: world.platform });
  const first = new RecordingExchange().via(forwarder);
  await given;
  const second = post("x").via(forwarder);
  await outlast(second, world);
  assert.equal(second.headPart?.status, 200);
  await outlast(first, world);
  assert.match(first.failure?.code ?? "", /^(?:stuck|ERR_HTTP2_ERROR)$/);
  assert.equal(upstream.sockets.length, 2);
});

test("more fields than fit are refused as too many", async (t) => {
  const upstream = await startTcp(
    t,
    onRequest((socket, id) => socket.write(blocks(id, big(2_500, 1), endStream))),
  );
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  assert.match(exchange.failure?.detail ?? "", /or sent too many fields$/);
});

for (const [what, bytes] of [
  ["PING", frame(types.ping, 0, 0, Buffer.alloc(8))],
  ["SETTINGS", settings()],
] as const) {
  test(`an upstream that sends ${what} without end and reads nothing loses its connection`, async (t) => {
    const upstream = await startTcp(
      t,
      onRequest((socket) => {
        socket.pause();
        const go = () => {
          while (!socket.destroyed && socket.write(bytes));
        };
        socket.on("drain", go);
        go();
      }),
    );
    const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
    assert.equal(exchange.failure?.reason, "upstream_failed");
  });
}

test("interim answers without number do not hold up the answer", async (t) => {
  const upstream = await startTcp(
    t,
    onRequest((socket, id) => {
      const hint = frame(
        types.headers,
        endHeaders,
        id,
        Buffer.concat([field(":status", "103"), field("link", "</x>")]),
      );
      socket.write(Buffer.concat(Array.from({ length: 5_000 }, () => hint)));
      socket.write(frame(types.headers, endHeaders | endStream, id, ok));
    }),
  );
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.last?.[0], "head");
});

test("a server that allows no stream for ever is unavailable after the connect time-out", async (t) => {
  const world = createWorld();
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings([3, 0]));
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(frame(types.rst, 0, id, uint32(7)));
    });
  });
  const options = { platform: world.platform, connectTimeoutMs: 3_000, maxConnections: 2 };
  const forwarder = forwarderTo(t, upstream, options);
  const exchange = new RecordingExchange().via(forwarder);
  await outlast(exchange, world);
  assert.equal(exchange.failure?.code, "no_stream");
  assert.equal(exchange.failure?.reason, "upstream_unavailable");
  assert.equal(forwarder.places, 0);
});

test("a server of HTTP/1.1 is told as one that does not speak HTTP/2", async (t) => {
  const upstream = await startTcp(t, (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  });
  const exchange = await post("x").via(forwarderTo(t, upstream)).done();
  assert.deepEqual(exchange.failure, {
    reason: "upstream_failed",
    code: "not_http2",
    detail: `${upstream.address} does not speak HTTP/2; if it speaks HTTP/1.1, write its URL as http://${upstream.address}`,
    lost: "before_answer",
  });
});

test("a server that closes each connection at once fails each request", async (t) => {
  const upstream = await startTcp(t, (socket) => socket.destroy());
  const forwarder = forwarderTo(t, upstream);
  for (let count = 0; count < 5; count++) {
    const exchange = await post("x").via(forwarder).done();
    assert.match(exchange.failure?.reason ?? "", /^upstream_(?:failed|unavailable)$/);
  }
});

test("whatever bytes an upstream sends, each exchange ends, and the process lives", async (t) => {
  const random = createRandom();
  t.diagnostic(`seed ${random.seed}`);
  const good = (id: number) => [
    frame(types.headers, endHeaders, id, Buffer.concat([ok, field("x", "y")])),
    frame(types.data, 0, id, Buffer.from("hello")),
    frame(types.headers, endHeaders | endStream, id, field("t", "u")),
  ];
  const upstream = await startTcp(
    t,
    onRequest((socket, id) => {
      const bytes = Buffer.concat(good(id));
      for (let count = random.int(4); count > 0; count--) bytes[random.int(bytes.length)] = random.int(256);
      socket.write(bytes.subarray(0, random.int(4) === 0 ? random.int(bytes.length) : bytes.length));
      socket.end();
    }),
  );
  const world = createWorld();
  const forwarder = forwarderTo(t, upstream, { platform: world.platform });
  for (let count = 0; count < sized(300, 3_000); count++) {
    const exchange = new RecordingExchange().via(forwarder);
    await outlast(exchange, world);
    const isWhole = exchange.last?.[0] === "end" || exchange.headPart?.isLast === true;
    assert.ok(isWhole || exchange.failure !== undefined);
  }
});
