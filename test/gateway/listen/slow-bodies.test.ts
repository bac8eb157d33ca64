import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { type TestContext, test } from "node:test";
import type { NodeRequest } from "../../../src/adapters/node/request.js";
import { minBodyBytesPerSecond, sweepMs } from "../../../src/gateway/listen/connection-limits.js";
import { allowSlowBody } from "../../../src/gateway/listen/slow-clients.js";
import { type RawClient, rawClient, startListeners, turnedClock } from "./listeners-world.js";

const windowMs = 10_000;
const sweepsOfWindow = windowMs / sweepMs;
const bytesPerSweep = Math.ceil((minBodyBytesPerSecond * sweepMs) / 1_000);

interface Upload {
  send(bytes: number): Promise<void>;
  end(): void;
  /** `undefined` while it is under way; "" when it was cut off. */
  outcome(): string | undefined;
  readonly over: Promise<string>;
}

/**
 * Listeners whose clock the test turns. Nothing here waits for time: each byte that is sent is awaited where the server
 * reads it.
 */
async function start(t: TestContext) {
  const clock = turnedClock();
  const arrivals = new Map<string, NodeRequest>();
  const listeners = new Set<() => void>();
  const world = await startListeners({
    platform: clock.platform,
    headersTimeoutMs: windowMs,
    handlers: {
      request(request, response) {
        const path = request.url ?? "";
        arrivals.set(path, request);
        if (path.startsWith("/known")) allowSlowBody(request);
        if (path.startsWith("/answering")) (response as ServerResponse).write("begun ");
        request.on("end", () => response.end("whole"));
        if (!path.startsWith("/unread")) request.resume();
        for (const listener of listeners) listener();
      },
    },
  });
  t.after(world.close);

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  }
  const bytesRead = (path: string) => arrivals.get(path)?.socket.bytesRead ?? 0;

  async function http1(path: string): Promise<Upload> {
    const client: RawClient = rawClient(
      world.port,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    await until(() => arrivals.has(path));
    let closed = false;
    const over = client.closed.then((text) => {
      closed = true;
      return / 200 /.test(text) ? text.slice(-"whole".length) : "";
    });
    return {
      async send(bytes) {
        const before = bytesRead(path);
        client.socket.write(`${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`);
        await until(() => closed || bytesRead(path) > before);
        assert.equal(closed, false, `${path} was cut off`);
      },
      end: () => void client.socket.write("0\r\n\r\n"),
      outcome: () => (closed ? "" : undefined),
      over,
    };
  }

  const sessions: ClientHttp2Session[] = [];
  t.after(() => {
    for (const session of sessions) session.destroy();
  });
  function session(): ClientHttp2Session {
    const made = connectHttp2(`http://127.0.0.1:${world.port}`);
    made.on("error", () => undefined);
    sessions.push(made);
    return made;
  }
  async function http2(path: string, on: ClientHttp2Session = session()): Promise<Upload> {
    const stream: ClientHttp2Stream = on.request({ ":method": "POST", ":path": path });
    let text = "";
    stream
      .on("error", () => undefined)
      .on("data", (data) => {
        text += data;
      });
    let closed = false;
    const over = new Promise<string>((resolve) => {
      stream.on("close", () => {
        closed = true;
        resolve(text);
      });
    });
    await until(() => arrivals.has(path));
    return {
      async send(bytes) {
        const before = bytesRead(path);
        stream.write("x".repeat(bytes));
        await until(() => closed || bytesRead(path) > before);
        assert.equal(closed, false, `${path} was cut off`);
      },
      end: () => void stream.end("x"),
      outcome: () => (closed ? text : undefined),
      over,
    };
  }
  /** Time passes, with a sweep whenever one is due; then what the server cut off has reached its client. */
  async function pass(sweeps: number, each: () => Promise<void> = async () => undefined): Promise<void> {
    for (let index = 0; index < sweeps; index += 1) {
      await each();
      clock.turn(sweepMs);
    }
    await settle();
  }
  async function settle(): Promise<void> {
    const client = rawClient(world.port, "GET /settle HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await client.closed;
    await new Promise((resolve) => setImmediate(resolve));
  }
  function read(path: string): Promise<void> {
    arrivals.get(path)?.resume();
    return settle();
  }
  return { world, clock, http1, http2, session, pass, settle, read };
}

for (const protocol of ["http1", "http2"] as const) {
  test(`${protocol}: a body at the least rate passes, and one below is cut off after one window`, async (t) => {
    const { pass, ...world } = await start(t);
    const modem = await world[protocol]("/modem");
    const slow = await world[protocol]("/slow");
    await pass(1); // finds both awaited: their measurement begins
    await pass(sweepsOfWindow - 1, async () => {
      await Promise.all([modem.send(bytesPerSweep), slow.send(1)]);
    });
    assert.equal(slow.outcome(), undefined);
    await pass(1, () => modem.send(bytesPerSweep));
    assert.equal(await slow.over, "");
    await pass(2 * sweepsOfWindow, () => modem.send(bytesPerSweep));
    modem.end();
    assert.equal(await modem.over, "whole");
  });

  test(`${protocol}: a process that stood still takes its own lateness for no client's`, async (t) => {
    const { clock, pass, settle, ...world } = await start(t);
    const unused = rawClient(world.world.port);
    await once(unused.socket, "connect");
    const uploads = await Promise.all([0, 1, 2].map((index) => world[protocol](`/upload/${index}`)));
    // Twice the rate: in the two sweeps that come late nothing is sent.
    const send = async () => void (await Promise.all(uploads.map((upload) => upload.send(2 * bytesPerSweep))));
    await pass(2, send);
    clock.turn(13_000);
    await settle();
    assert.equal(unused.socket.closed, false);
    await pass(sweepsOfWindow - 3, send);
    clock.turn(60_000);
    await settle();
    await pass(2, send);
    for (const upload of uploads) upload.end();
    assert.deepEqual(await Promise.all(uploads.map(({ over }) => over)), ["whole", "whole", "whole"]);
  });

  test(`${protocol}: a body that we do not read may last, and is measured from when we do`, async (t) => {
    const { pass, read, ...world } = await start(t);
    const unread = await world[protocol]("/unread");
    await unread.send(1);
    await pass(3 * sweepsOfWindow);
    await read("/unread");
    await pass(sweepsOfWindow);
    assert.equal(unread.outcome(), undefined);
    await pass(1);
    assert.equal(await unread.over, "");
  });
}

test("an unused connection is closed when its own time is over", async (t) => {
  const { clock, pass, world, settle } = await start(t);
  const unused = rawClient(world.port);
  await once(unused.socket, "connect");
  await settle(); // accepted before the clock goes on
  clock.turn(60_000);
  await pass(sweepsOfWindow - 2);
  assert.equal(unused.socket.closed, false);
  await pass(1);
  await unused.closed;
});

test("a body that becomes awaited beside others is judged over a window of its own", async (t) => {
  const { pass, read, session, http2 } = await start(t);
  const shared = session();
  const busy = await http2("/busy", shared);
  const later = await http2("/unread/later", shared);
  await pass(1);
  await pass(sweepsOfWindow - 1, () => busy.send(bytesPerSweep));
  await read("/unread/later");
  // Enough for one of the two: the second has not been awaited for a window.
  await pass(1, () => busy.send(bytesPerSweep));
  assert.deepEqual([busy.outcome(), later.outcome()], [undefined, undefined]);
  await pass(sweepsOfWindow - 1, () => busy.send(2 * bytesPerSweep));
  busy.end();
  later.end();
  assert.deepEqual(await Promise.all([busy.over, later.over]), ["whole", "whole"]);
});

test("a slow body may last where the caller is known, or the upstream has begun to answer", async (t) => {
  const { pass, session, http2 } = await start(t);
  const shared = session();
  const [known, answering, slow] = await Promise.all(
    ["/known", "/answering", "/slow"].map((path) => http2(path, shared)),
  );
  assert.ok(known && answering && slow);
  await pass(3 * sweepsOfWindow);
  // The slow one ends alone: the connection may be a proxy's, with other callers on it.
  assert.equal(await slow.over, "");
  known.end();
  answering.end();
  assert.deepEqual(await Promise.all([known.over, answering.over]), ["whole", "begun whole"]);
});
