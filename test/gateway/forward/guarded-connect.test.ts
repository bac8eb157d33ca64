import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createBreaker } from "../../../src/base/breaker.js";
import type { ReadingConnect } from "../../../src/gateway/forward/connect.js";
import { guardConnect } from "../../../src/gateway/forward/guarded-connect.js";
import type { UpstreamConfig } from "../../../src/gateway/forward/upstream-config.js";
import { createUpstreams } from "../../../src/gateway/forward/upstreams.js";
import { createWorld } from "../../world.js";
import { RecordingExchange } from "./recording-exchange.js";

type OnOpen = Parameters<ReadingConnect>[0];

/** A connect that the test settles by hand. */
function startByHand() {
  const { platform, advance } = createWorld();
  const told: string[] = [];
  const breaker = createBreaker({
    ...{ what: "upstream app (10.0.0.1:80)", meanwhile: "requests get 503", platform },
    onWarning: (message) => told.push(message),
  });
  const closing = new AbortController();
  const pending: { readonly onOpen: OnOpen; isGivenUp: boolean }[] = [];
  const connect = guardConnect(
    (onOpen) => {
      const one = { onOpen, isGivenUp: false };
      pending.push(one);
      return () => {
        one.isGivenUp = true;
      };
    },
    breaker,
    closing.signal,
  );
  const heard: (string | undefined)[] = [];
  const ask = () => connect((error) => void heard.push(error?.code));
  const fail = (code: string) => pending.shift()?.onOpen(Object.assign(new Error(code), { code }));
  return {
    ...{ breaker, closing, advance, told, heard, pending, ask, fail },
    open(code = "ETIMEDOUT") {
      for (let count = 0; count < 3; count++) {
        ask();
        advance(500);
        fail(code);
      }
    },
  };
}

test("an upstream that takes no connection is told once, by its name, with what and why and what to do", () => {
  const world = startByHand();
  world.open("ECONNREFUSED");
  assert.deepEqual(world.told, [
    "upstream app (10.0.0.1:80) refused the connection, 3 times in a row. Until it answers, which is tried every second, requests get 503",
  ]);
});

test("while the breaker is open a request is refused in the next turn, and one that leaves first hears nothing", async () => {
  const { breaker, ask, heard, pending, open } = startByHand();
  open();
  heard.length = 0;
  ask();
  ask()();
  assert.deepEqual(heard, [], "its place would go to one that waits, which would be refused in its turn, and so on");
  await turn();
  assert.deepEqual([heard, pending.length, breaker.state], [["breaker_open"], 0, "open"]);
});

test("failures of this machine, which a client can cause by opening many connections, do not open it", () => {
  for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"]) {
    const { breaker, open } = startByHand();
    for (let round = 0; round < 10; round++) open(code);
    assert.equal(breaker.state, "closed", code);
  }
});

test("callers that leave before the upstream has answered do not open it, however many and however late", () => {
  const { breaker, ask, advance, pending } = startByHand();
  for (let round = 0; round < 100; round++) {
    const leave = ask();
    advance(4_999);
    leave();
  }
  assert.equal(breaker.state, "closed");
  assert.ok(pending.every(({ isGivenUp }) => isGivenUp));
});

test("a caller that leaves does not end the attempt that finds out whether an upstream is back", async (t) => {
  const { breaker, ask, advance, pending, open, heard } = startByHand();
  open();
  advance(1_000);
  heard.length = 0;
  ask()();
  assert.deepEqual([breaker.state, pending[0]?.isGivenUp], ["half_open", false]);
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const socket = connectTcp((server.address() as AddressInfo).port, "127.0.0.1");
  pending[0]?.onOpen(undefined, { socket, protocol: "http1" });
  assert.deepEqual([breaker.state, socket.destroyed, heard], ["closed", true, []]);
});

test("an attempt that goes on without a request ends with the use of its upstream, and so does one that begins to after that", () => {
  const { ask, advance, pending, open, closing } = startByHand();
  open();
  advance(1_000);
  const leave = ask();
  leave();
  assert.equal(pending[0]?.isGivenUp, false);
  closing.abort();
  assert.equal(pending[0]?.isGivenUp, true, "it would keep the process from ending");
  advance(1_000);
  ask()();
  assert.equal(pending[1]?.isGivenUp, true);
});

/** A port behind which connections are taken, and nothing is said: a TLS handshake with it never ends. */
async function startSilent(t: TestContext): Promise<Server & { readonly port: number }> {
  const held: Socket[] = [];
  const server = createServer((socket) => void held.push(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

const config: UpstreamConfig = {
  ...{ name: "app", origin: "", identity: "none", ignoresCase: false, via: false },
  ...{ connectTimeoutMs: 5_000, headersTimeoutMs: 1_000, bodyTimeoutMs: 1_000 },
  ...{ maxConnections: 4, maxHeaderBytes: 65_536 },
};

/** Time goes as the test turns it. */
function startUpstream(t: TestContext, origin: string) {
  const { platform, advance } = createWorld();
  const told: string[] = [];
  const upstreams = createUpstreams(new Map([["app", { ...config, origin }]]), platform, (line) => told.push(line));
  t.after(() => upstreams.destroy());
  const upstream = upstreams.get("app");
  assert.ok(upstream);
  const send = (client?: string) => {
    const exchange = new RecordingExchange();
    upstream.shares.send(exchange, client);
    return exchange;
  };
  return { upstream, send, advance, told };
}

for (const protocol of ["https", "h2c", "http"] as const) {
  test(`${protocol}: requests for an upstream that is gone hold no place, wait for nothing, and go on when it is back`, async (t) => {
    const silent = await startSilent(t);
    // A server that has ended refuses; one that says nothing does not end the handshake of TLS.
    const isSilent = protocol === "https";
    if (!isSilent) silent.close();
    const { upstream, send, advance, told } = startUpstream(t, `${protocol}://127.0.0.1:${silent.port}`);
    while (upstream.breaker.state === "closed") {
      const first = Array.from({ length: 4 }, () => send());
      if (isSilent) advance(5_000);
      await Promise.all(first.map(({ over }) => over));
      if (!isSilent) advance(500);
    }
    assert.equal(told.length, 1);
    // More than there are places, and many more than a stack is deep if each refused the next one.
    const crowd = Array.from({ length: 5_000 }, (_, index) => send(`192.0.2.${index % 8}`));
    await Promise.all(crowd.map(({ over }) => over));
    assert.ok(crowd.every(({ failure }) => failure?.reason === "upstream_unavailable"));
    assert.equal(crowd[0]?.failure?.code, "breaker_open");
    assert.match(
      crowd[0]?.failure?.detail ?? "",
      /took no connection several times in a row, and is tried once a second/,
    );
    assert.deepEqual([upstream.shares.used, upstream.shares.waiting], [0, 0]);
    advance(1_000);
    const [trial, other] = [send(), send()];
    assert.equal(upstream.breaker.state, "half_open");
    if (protocol === "http") assert.equal((await other.over).failure?.code, "breaker_open", "one at a time");
    if (isSilent) advance(5_000);
    assert.equal((await trial.over).failure?.code, isSilent ? "ETIMEDOUT" : "ECONNREFUSED");
  });
}

test("an upstream that takes connections and answers nothing does not open it: what it does depends on who asks what", async (t) => {
  const silent = await startSilent(t);
  const { upstream, send, advance } = startUpstream(t, `http://127.0.0.1:${silent.port}`);
  for (let round = 0; round < 5; round++) {
    const accepted = once(silent, "connection");
    const exchange = send();
    await accepted;
    while (!exchange.isOver) {
      await turn();
      advance(500);
    }
    assert.equal(exchange.failure?.reason, "upstream_timeout");
  }
  assert.equal(upstream.breaker.state, "closed");
});
