import assert from "node:assert/strict";
import { createServer } from "node:http";
import { constants, createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type Socket } from "node:net";
import { test } from "node:test";
import { systemPlatform } from "../../../../src/base/platform.js";
import { Uploading } from "../http1/forwarder-world.js";
import { frame, readFrames, settings, types, uint32 } from "../http2/frames.js";
import type { RecordingExchange } from "../recording-exchange.js";
import { echo, listen, nowhere, poolOf } from "./pool-world.js";

test("of a thousand calls none fails when one of three addresses is killed in the middle, and all had their part", async (t) => {
  const counts = [0, 0, 0];
  const servers = await Promise.all(
    counts.map((_count, index) =>
      listen(
        t,
        createServer((_request, response) => {
          counts[index] = (counts[index] ?? 0) + 1;
          response.end("ok");
        }),
      ),
    ),
  );
  const pool = poolOf(t, "http", servers);
  let sent = 0;
  let atTheKill: number[] = [];
  const answers: RecordingExchange[] = [];
  const caller = async (): Promise<void> => {
    while (sent < 1_000) {
      sent += 1;
      if (sent === 500) {
        atTheKill = [...counts];
        void servers[1]?.kill();
      }
      answers.push(await pool.ask());
    }
  };
  await Promise.all(Array.from({ length: 12 }, caller));
  assert.equal(answers.length, 1_000);
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200).map(({ failure }) => failure),
    [],
  );
  for (const count of atTheKill) assert.ok(count > 100, `${atTheKill}`);
  assert.deepEqual(pool.isIn(), [true, false, true]);
  await pool.close();
  assert.equal(pool.upstream.shares.used, 0);
  assert.deepEqual(
    pool.upstream.addresses.map(({ busy }) => busy),
    [0, 0, 0],
  );
  assert.deepEqual(pool.told, [
    `upstream app: ${servers[1]?.where} refused the connection. Requests go to the other addresses, and one tries it, first in 1 s`,
  ]);
});

test("a body that nothing was taken of goes to the next address, whatever the method", async (t) => {
  const pool = poolOf(t, "http", [await nowhere(t), await listen(t, createServer(echo)), await nowhere(t)]);
  for (let count = 0; count < 3; count += 1) {
    const exchange = await pool.send(new Uploading(200_000));
    assert.deepEqual([exchange.status, exchange.bodyBytes, exchange.bodyReads], [200, 200_000, 1]);
  }
  assert.deepEqual(pool.isIn(), [false, true, false]);
});

test("a request that an address broke off goes nowhere else, and three in a row take it out until it answers", async (t) => {
  let isBroken = true;
  let broken = 0;
  const breaking = createServer((_request, response) => {
    if (!isBroken) response.end("ok");
    else {
      broken += 1;
      response.socket?.destroy();
    }
  });
  let posted = 0;
  const good = createServer((_request, response) => {
    posted += 1;
    response.end("ok");
  });
  const pool = poolOf(t, "http", [await listen(t, breaking), await listen(t, good)]);
  const post = () => pool.ask({ method: "POST" });
  const statuses: unknown[] = [];
  for (let count = 0; count < 8; count += 1) statuses.push((await post()).status ?? "failed");
  assert.equal(broken, 3);
  assert.deepEqual([posted, statuses.filter((status) => status === "failed").length], [5, 3]);
  assert.deepEqual(pool.isIn(), [false, true]);
  pool.advance(1_000);
  assert.equal((await post()).failure?.lost, "before_answer");
  assert.deepEqual(pool.isIn(), [false, true], "the open connection of the trial is no answer");
  isBroken = false;
  pool.advance(2_000);
  assert.equal((await post()).status, 200);
  assert.deepEqual(pool.isIn(), [true, true]);
  assert.equal(pool.told.length, 2);
});

test("no caller can take the last address in use from the others by requests that are broken off", async (t) => {
  const breaking = createServer((_request, response) => void response.socket?.destroy());
  const pool = poolOf(t, "http", [await nowhere(t), await listen(t, breaking)]);
  for (let count = 0; count < 6; count += 1) await pool.ask({ method: "POST" });
  assert.deepEqual(pool.isIn(), [false, true]);
});

test("a stream that an address refuses unprocessed goes to the next, with the body that it was sent", async (t) => {
  let refused = 0;
  const refusing = createHttp2Server().on("stream", (stream: ServerHttp2Stream) => {
    refused += 1;
    stream.on("error", () => {}).on("data", () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  });
  const answering = createHttp2Server().on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  const pool = poolOf(t, "h2c", [await listen(t, refusing), await listen(t, answering)]);
  for (let count = 0; count < 4; count += 1) {
    const exchange = await pool.send(new Uploading(20_000));
    assert.deepEqual([exchange.status, exchange.bodyBytes, exchange.bodyReads], [200, 20_000, 1]);
  }
  assert.ok(refused > 0);
  assert.deepEqual(pool.isIn(), [true, true], "it said so, and is not lost");
});

test("streams that a server of HTTP/2 had not begun with when it was stopped go to the next address", async (t) => {
  const stopped = createTcpServer((socket) => {
    socket.write(settings());
    readFrames(socket, ({ type }) => {
      if (type !== types.headers) return;
      stopped.close();
      socket.end(frame(types.goaway, 0, 0, uint32(0, constants.NGHTTP2_NO_ERROR)));
    });
  });
  const answering = createHttp2Server().on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  const servers = [await listen(t, stopped), await listen(t, answering)] as const;
  const pool = poolOf(t, "h2c", servers);
  const answers = await Promise.all([pool.send(new Uploading(9)), pool.send(new Uploading(9))]);
  assert.deepEqual(
    answers.map(({ status, bodyBytes, failure }) => [status, bodyBytes, failure]),
    [
      [200, 9, undefined],
      [200, 9, undefined],
    ],
  );
  assert.deepEqual(pool.isIn(), [false, true]);
});

test("while no address takes a connection the breaker opens, and one that is back serves at once", async (t) => {
  const servers = [await nowhere(t), await nowhere(t)] as const;
  const pool = poolOf(t, "http", servers);
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await pool.ask()).failure?.code, "ECONNREFUSED");
    pool.advance(500);
  }
  assert.equal(pool.upstream.breaker.state, "open");
  assert.equal((await pool.ask()).failure?.code, "breaker_open");
  await listen(t, createServer(echo), servers[0].port);
  pool.advance(1_000);
  // The first one tries one of the two, whichever it is.
  const statuses = [];
  for (let count = 0; count < 3; count += 1) {
    statuses.push((await pool.ask()).status);
    pool.advance(1_000);
  }
  assert.deepEqual(statuses.slice(1), [200, 200]);
  assert.equal(pool.upstream.breaker.state, "closed");
});

test("an address that is down does not open the breaker for the others, however long it is down", async (t) => {
  const pool = poolOf(t, "http", [await nowhere(t), await listen(t, createServer(echo))]);
  for (let count = 0; count < 60; count += 1) {
    assert.equal((await pool.ask()).status, 200);
    pool.advance(1_000);
  }
  assert.equal(pool.upstream.breaker.state, "closed");
  assert.equal(pool.told.length, 1);
});

test("when none was in use and one is back, the others are tried at once", async (t) => {
  const servers = [await nowhere(t), await nowhere(t)] as const;
  const pool = poolOf(t, "http", servers);
  // Each is out for longer and longer.
  for (let count = 0; count < 40; count += 1) {
    await pool.ask();
    pool.advance(1_000);
  }
  for (const { port } of servers) await listen(t, createServer(echo), port);
  const statuses: unknown[] = [];
  for (let count = 0; count < 4; count += 1) statuses.push((await pool.ask()).status);
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  assert.deepEqual(pool.isIn(), [true, true]);
});

test("connecting has its time over all addresses", async (t) => {
  // They take connections and no handshake.
  const servers = [await listen(t, createTcpServer()), await listen(t, createTcpServer())];
  const waits: number[] = [];
  const delay: typeof systemPlatform.delay = (ms, done, hold) => {
    waits.push(ms);
    return systemPlatform.delay(ms, done, hold);
  };
  const pool = poolOf(t, "https", servers, { connectTimeoutMs: 302 }, delay);
  const exchange = await pool.ask();
  assert.deepEqual([exchange.failure?.code, pool.isIn()], ["ETIMEDOUT", [false, false]]);
  assert.deepEqual(waits, [151, 151]);
  assert.deepEqual(
    pool.told.map((line) => /accepted no connection in time/.test(line)),
    [true, true],
  );
});

test("an upstream that is closed takes no request, at none of its addresses", async (t) => {
  const pool = poolOf(t, "http", [await listen(t, createServer(echo)), await listen(t, createServer(echo))]);
  assert.equal((await pool.ask()).status, 200);
  await pool.close();
  assert.equal((await pool.ask()).failure?.code, "upstream_retired");
});

test("WebSockets go to the next address too, and hold a place of theirs until they end", async (t) => {
  const server = createServer().on("upgrade", (_request, socket: Socket) => {
    socket.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.pipe(socket);
  });
  const pool = poolOf(t, "http", [await nowhere(t), await nowhere(t), await listen(t, server)]);
  const headers = ["sec-websocket-key", "MDEyMzQ1Njc4OWFiY2RlZg==", "sec-websocket-version", "13"];
  const { outcome, stream, failure } = await pool.ask({ isWebSocket: true, headers });
  assert.deepEqual([outcome, failure], ["tunnel", undefined]);
  assert.deepEqual(
    pool.upstream.addresses.map(({ busy }) => busy),
    [0, 0, 1],
  );
  stream?.destroy();
  await pool.close();
  assert.equal(pool.upstream.shares.used, 0);
});
