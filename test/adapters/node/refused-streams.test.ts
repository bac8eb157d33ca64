import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createSecureServer,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
  type SessionOptions,
} from "node:http2";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { TlsOptions } from "node:tls";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import { systemPlatform } from "../../../src/base/platform.js";
import type { Auth } from "../../../src/engine/auth.js";
import type { Identity } from "../../../src/model/identity.js";
import { createScriptedAuth } from "../../../src/testing/adapter/scripted-auth.js";
import { makeCertificates } from "../../gateway/make-certificates.js";
import { isFull, sized } from "../../size.js";
import { listen } from "../servers.js";
import { answerOf, createLateAuth, createRelay, endsOfCalls, openTalk, statusesOf } from "./refused-calls.js";

const kibibyte = 1024;
/** How the server ends a stream whose body does not end. */
const cutOff = "END_STREAM RST_STREAM 0 ";

interface Door {
  readonly origin: string;
  /** Past a relay that notes how the server ended each stream. */
  connect(options?: SessionOptions): ClientHttp2Session;
  /** Every wait that was asked for, in order. None is over before a test says so. */
  readonly waits: { readonly ms: number; readonly done: () => void }[];
  readonly clock: { now: number };
  readonly endings: ReadonlyMap<number, string>;
  /** What the server has read from its connection. */
  bytesRead(): number;
  /** The server's side of the next stream. */
  nextStream(): Promise<ServerHttp2Stream>;
}

/** Echoes for callers that are let in. */
async function openDoor(t: TestContext, auth: Auth<Identity> = createScriptedAuth(), tls?: TlsOptions): Promise<Door> {
  const waits: Door["waits"] = [];
  const clock = { now: 0 };
  const platform = {
    ...systemPlatform,
    monotonic: () => clock.now,
    delay(ms: number, done: () => void) {
      waits.push({ ms, done });
      return () => {};
    },
  };
  const echo = (request: Http2ServerRequest, response: Http2ServerResponse) => void request.pipe(response.stream);
  const listener = nodeAuth(auth, echo, { platform });
  // As many as the least that RFC 9113 recommends.
  const settings = { maxConcurrentStreams: 100 };
  const server = tls ? createSecureServer({ ...tls, settings }, listener) : createServer({ settings }, listener);
  let socket: Socket | undefined;
  server.on("connection", (connection: Socket) => {
    socket = connection;
  });
  const { origin, close } = await listen(server);
  const endings = new Map<number, string>();
  const relay = await listen(createRelay(origin, endings));
  t.after(close);
  t.after(relay.close);
  return {
    origin,
    endings,
    waits,
    clock,
    bytesRead: () => socket?.bytesRead ?? 0,
    nextStream: async () => ((await once(server, "stream")) as [ServerHttp2Stream])[0],
    connect(options) {
      const session = connect(relay.origin, options).on("error", () => undefined);
      t.after(() => session.destroy());
      return session;
    },
  };
}

function post(session: ClientHttp2Session, contentType = "application/json"): ClientHttp2Stream {
  const stream = session.request({ ":method": "POST", ":path": "/", "content-type": contentType });
  return stream.on("error", () => undefined);
}

/** Writes without end, as fast as it is taken. */
function pour(stream: ClientHttp2Stream): void {
  const more = () => {
    while (!stream.destroyed && !stream.closed && stream.write(Buffer.alloc(16 * kibibyte)));
  };
  stream.on("drain", more);
  more();
}

/** Resolves when nothing but PINGs comes any more. */
async function standstill(door: Door, session: ClientHttp2Session): Promise<void> {
  for (let still = 0; still < 20; ) {
    const before = door.bytesRead();
    await new Promise((resolve) => session.ping(resolve));
    still = door.bytesRead() - before > 100 ? 0 : still + 1;
  }
}

async function whenClosed(stream: ClientHttp2Stream | ServerHttp2Stream): Promise<number | undefined> {
  if (!stream.destroyed) await once(stream, "close");
  return stream.rstCode;
}

test("of 300 grpc-js calls without credentials at once on one channel, each ends as UNAUTHENTICATED", async (t) => {
  for (const auth of [createScriptedAuth(), createLateAuth()]) {
    const { origin } = await openDoor(t, auth);
    assert.deepEqual(await endsOfCalls(origin, 300, "Basic nonsense"), { UNAUTHENTICATED: 300 });
  }
});

const requests = sized(800, 2_000);

test(`${requests} refused requests with a short body on one connection get their 401, and an honest stream goes on`, async (t) => {
  const door = await openDoor(t);
  const session = connect(door.origin);
  t.after(() => session.destroy());
  const talk = openTalk(session, "Bearer ada");
  assert.equal(await talk.say("before"), "before");
  for (let round = 0; round < 4; round++) {
    assert.deepEqual(await statusesOf(session, requests / 4, 20), { 401: requests / 4 });
    assert.equal(await talk.say("meanwhile"), "meanwhile");
  }
  talk.end();
  assert.equal(session.closed, false);
});

for (const contentType of ["application/json", "application/grpc"]) {
  test(`a refused stream of ${contentType} without end brings 64 KiB and a window, and is reset behind its answer`, async (t) => {
    const door = await openDoor(t);
    const session = door.connect();
    const stream = post(session, contentType);
    pour(stream);
    const answer = answerOf(stream);
    await once(stream, "response");
    await standstill(door, session);
    assert.ok(door.bytesRead() <= (64 + 64 + 3) * kibibyte, `${door.bytesRead()} bytes were taken`);
    assert.equal(door.endings.get(1), "END_STREAM ");

    const [wait, ...others] = door.waits;
    assert.ok(wait !== undefined && wait.ms < 1_000 && others.length === 0);
    wait.done();
    await whenClosed(stream);
    assert.equal(door.endings.get(1), cutOff);
    const { status, body } = await answer;
    assert.ok(contentType === "application/grpc" ? status === 200 : status === 401 && body.endsWith("}\n"));
  });
}

test("all refused streams of a connection bring 1 MiB a second beside their windows, and an honest stream goes on", async (t) => {
  const door = await openDoor(t);
  const session = door.connect();
  const talk = openTalk(session, "Bearer ada");
  assert.equal(await talk.say("before"), "before");
  const brought = async (count: number) => {
    const before = door.bytesRead();
    const streams = Array.from({ length: count }, () => post(session));
    for (const stream of streams) pour(stream);
    const answers = streams.map((stream) => answerOf(stream));
    await Promise.all(streams.map((stream) => once(stream, "response")));
    await standstill(door, session);
    const bytes = door.bytesRead() - before;
    for (const { done } of door.waits.splice(0)) done();
    for (const { status } of await Promise.all(answers)) assert.equal(status, 401);
    for (const stream of streams) {
      assert.equal(await whenClosed(stream), constants.NGHTTP2_NO_ERROR);
      assert.equal(door.endings.get(stream.id ?? 0), cutOff);
    }
    return bytes / kibibyte;
  };
  // A window for each stream, and the budget. Heads and frames are some bytes more.
  const first = await brought(50);
  assert.ok(first <= 50 * 65 + 1024 + 64, `${first} KiB`);
  const second = await brought(10);
  assert.ok(second <= 10 * 65, `${second} KiB`);
  assert.equal(await talk.say("meanwhile"), "meanwhile");
  assert.deepEqual(await statusesOf(session, 200, 20), { 401: 200 });

  door.clock.now += 1_000;
  const third = await brought(10);
  assert.ok(third > second + 32, `${third} KiB`);
  assert.equal(await talk.say("after"), "after");
});

// Node 22 and later count a closed stream until all of the socket's read in which it closed is handled: a client that uses
// all its streams is refused some by Node itself.
const width = Number(process.versions.node.split(".")[0]) < 22 ? 100 : 50;

for (const scheme of isFull ? ["http", "https"] : ["https"]) {
  test(`refused bodies of 3 MB, on many streams at once, end without a reset: ${scheme}`, async (t) => {
    const certificates = makeCertificates();
    if (certificates === undefined) return t.skip("needs openssl: apt-get install openssl");
    t.after(() => certificates.remove());
    const { key, cert } = certificates.make("localhost");
    const tls = scheme === "https" ? { key: readFileSync(key), cert: readFileSync(cert) } : undefined;
    const { origin } = await openDoor(t, createScriptedAuth(), tls);
    const session = connect(origin.replace("http://127.0.0.1", `${scheme}://localhost`), { ca: certificates.caPem() });
    t.after(() => session.destroy());
    assert.deepEqual(await statusesOf(session, 1_000, width, "/", Buffer.alloc(3_000)), { 401: 1_000 });
    assert.equal(session.closed, false);
  });
}

test("a client that does not read its answer loses its stream within a second", async (t) => {
  const door = await openDoor(t);
  const received = door.nextStream();
  const session = door.connect({ settings: { initialWindowSize: 0 } });
  const stream = post(session);
  pour(stream);
  const serverStream = await received;
  await standstill(door, session);
  assert.equal(serverStream.destroyed, false);
  assert.ok(door.bytesRead() <= (64 + 64 + 3) * kibibyte, `${door.bytesRead()} bytes were taken`);
  for (const { done } of door.waits) done();
  await whenClosed(serverStream);
  assert.equal(await whenClosed(stream), constants.NGHTTP2_CANCEL);
});
