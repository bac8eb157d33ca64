import assert from "node:assert/strict";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import net, { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import "ldapts"; // loaded before a time-out runs
import { createBreaker } from "../../../src/base/breaker.js";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { createAuth } from "../../../src/engine/auth.js";
import { createConnections } from "../../../src/handlers/ldap/connection.js";
import { ldap } from "../../../src/handlers/ldap/ldap.js";
import { type LdapOptions, resolveLdapOptions } from "../../../src/handlers/ldap/options.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { AuthEvent } from "../../../src/model/events.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { lacksSlapd, searcher, smallDirectory, startSlapd, suffix } from "./slapd.js";

const password = "correct horse";

/** The way to a directory, which the test opens and closes. */
async function startWay(t: TestContext, port: number) {
  const sockets = new Set<Socket>();
  const way = { mode: "through" as "through" | "silent" | "cut", port: 0, connections: 0 };
  const server: Server = createServer((client) => {
    way.connections += 1;
    sockets.add(client.on("error", () => {}));
    if (way.mode === "cut") client.destroy();
    if (way.mode !== "through") return;
    const directory = connect(port, "127.0.0.1").on("error", () => {});
    sockets.add(directory);
    client.pipe(directory).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  way.port = (server.address() as AddressInfo).port;
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return way;
}

/** A clock that only the test turns. Timers are the machine's. */
function startClock() {
  let ahead = 0;
  const begun = systemPlatform.now();
  const platform: Platform = { ...systemPlatform, now: () => begun + ahead, monotonic: () => ahead };
  return {
    platform,
    turn(ms: number): void {
      ahead += ms;
    },
  };
}

function open(port: number, { platform }: { readonly platform: Platform }, options: Partial<LdapOptions> = {}) {
  const told: string[] = [];
  const directory = ldap({
    ...{ url: `ldap://127.0.0.1:${port}`, bind: searcher, users: { base: suffix }, platform },
    onWarning: (message) => told.push(message),
    ...options,
  });
  const state = () => directory.outside().map((one) => `${one.kind} ${one.name} ${one.state}`);
  return { directory, told, state };
}

for (const mode of ["cut", "silent"] as const) {
  test(`a directory behind which all is ${mode} makes three log-ins wait, and then none, in one line that names it`, async (t) => {
    const way = await startWay(t, 0);
    way.mode = mode;
    const clock = startClock();
    const { directory, told, state } = open(way.port, clock, { timeoutMs: 500, connectTimeoutMs: 500 });
    for (let failure = 0; failure < 3; failure++) {
      await assert.rejects(directory.verify("ada", password), { code: "unavailable" });
      clock.turn(500);
    }
    assert.deepEqual(state(), [`directory 127.0.0.1:${way.port} open`]);
    assert.deepEqual(told, [
      `the directory 127.0.0.1:${way.port} takes connections, and does not answer, 3 times in a row. Until it answers, which is tried every second, ` +
        "log-ins by it get 503, and sessions go on until recheckStale is over; look at it, the network and ldap.url",
    ]);
    const message = `ldap: the directory 127.0.0.1:${way.port}: does not answer, and is tried once a second`;
    const before = way.connections;
    // More than may wait: none of them takes a place.
    await Promise.all(
      Array.from({ length: 8 }, () => assert.rejects(directory.verify("ada", password), { code: "unavailable" })),
    );
    await assert.rejects(directory.verify("ada", password), { code: "unavailable", message });
    assert.equal(way.connections, before);
  });
}

test("a directory that cannot be reached is named in the error of each log-in", async () => {
  const { directory } = open(1, startClock());
  const message = "ldap: the directory 127.0.0.1:1: cannot be reached (ECONNREFUSED)";
  await assert.rejects(directory.verify("ada", password), { code: "unavailable", message });
});

test("a connection that fails for want of a descriptor says nothing about the directory: clients can cause that", async (t) => {
  const clock = startClock();
  const { directory, state, told } = open(1, clock);
  t.mock.method(net, "connect", () => {
    const socket = new Socket();
    process.nextTick(() => socket.destroy(Object.assign(new Error("EMFILE"), { code: "EMFILE" })));
    return socket;
  });
  syncBuiltinESMExports();
  for (let round = 0; round < 6; round++) {
    await assert.rejects(directory.verify("ada", password), { message: /cannot be reached \(EMFILE\)/ });
    clock.turn(1_000);
  }
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.deepEqual([state(), told], [["directory 127.0.0.1:1 closed"], []]);
});

test("a log-in that has waited for others until little time was left says nothing about the directory", async (t) => {
  const way = await startWay(t, 0);
  way.mode = "silent";
  let now = 0;
  // The clock stands but for the test, and what would wait for long ends soon.
  const platform: Platform = {
    ...systemPlatform,
    monotonic: () => now,
    delay: (_ms, done, hold) => systemPlatform.delay(20, done, hold),
  };
  const settings = resolveLdapOptions({ url: `ldap://127.0.0.1:${way.port}`, users: { base: suffix }, platform });
  const breaker = createBreaker({ what: "it", meanwhile: "", platform, onWarning: () => {} });
  const withConnection = createConnections(settings, import("ldapts"), breaker);
  const ask = async (leftMs: number) => {
    await assert.rejects(withConnection(now + leftMs, (client) => client.bind(searcher.dn, "x")));
    now += 500;
  };
  for (const leftMs of [-1, 0, 1, 1_000, 1_999, 1_999]) await ask(leftMs);
  assert.equal(breaker.state, "closed");
  for (let round = 0; round < 3; round++) await ask(2_000);
  assert.equal(breaker.state, "open");
});

describe("a real directory", { skip: lacksSlapd ?? false }, () => {
  test("callers cannot open its breaker: not by wrong passwords, unknown names, names of two, nor by slow answers", async (t) => {
    const twins = ["eve", "mel"].map(
      (uid) => `dn: uid=${uid},${suffix}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: twin\nsn: L\nuserPassword: x`,
    );
    const slapd = await startSlapd([smallDirectory, ...twins].join("\n\n"));
    t.after(() => slapd.stop());
    const way = await startWay(t, Number(new URL(slapd.url).port));
    const clock = startClock();
    const { directory, state, told } = open(way.port, clock, {
      users: { base: suffix, filter: "(|(uid={user})(cn={user}))" },
    });
    for (let round = 0; round < 4; round++) {
      assert.equal(await directory.verify("ada", "wrong"), null);
      assert.equal(await directory.verify("nobody", "wrong"), null);
      await assert.rejects(directory.verify("twin", password), { message: /two entries match/ });
      clock.turn(1_000);
    }
    // It answers the first question, and is too slow for the next.
    const slow = createServer((client) => {
      const real = connect(Number(new URL(slapd.url).port), "127.0.0.1").on("error", () => {});
      client.on("error", () => {}).pipe(real);
      real.once("data", (first: Buffer) => client.write(first));
      client.once("close", () => real.destroy());
    });
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    t.after(() => slow.close());
    const late = open((slow.address() as AddressInfo).port, clock, { timeoutMs: 1_000, connectTimeoutMs: 1_000 });
    for (let round = 0; round < 3; round++) {
      await assert.rejects(late.directory.verify("ada", password), { code: "unavailable" });
      clock.turn(1_000);
    }
    assert.deepEqual(
      [...state(), ...late.state()].map((one) => one.split(" ").at(-1)),
      ["closed", "closed"],
    );
    assert.deepEqual([...told, ...late.told], []);
  });

  test("while it is down the remembered go on, log-ins are 503 and no guess, and all is well when it is back", async (t) => {
    const slapd = await startSlapd(smallDirectory);
    t.after(() => slapd.stop());
    const way = await startWay(t, Number(new URL(slapd.url).port));
    const clock = startClock();
    const { directory, told } = open(way.port, clock, { timeoutMs: 1_000, connectTimeoutMs: 1_000 });
    const events: AuthEvent[] = [];
    const auth = createAuth({
      handlers: [basic(directory)],
      store: memory({ platform: clock.platform }),
      platform: clock.platform,
      ...{ rememberMs: 300_000, recheckMs: 60_000, recheckStaleMs: 600_000 },
      ...{ rotateAfterMs: 3_600_000, throttle: { freeFailures: 1, maxFailures: 2 } },
      onEvent: (event) => events.push(event),
    });
    t.after(() => auth.close());
    const basicOf = (word: string) => Buffer.from(`ada:${word}`).toString("base64");
    const peer = { address: "192.0.2.1", trusted: false };
    const call = async (authorization: string) => {
      const decision = await auth.authenticate({
        ...{ rawHeaders: ["authorization", authorization], method: "GET", path: "/" },
        peer: { ...peer },
      } as never);
      return decision.kind === "denied" ? decision.reason : decision.kind;
    };
    const opened = await auth.logIn(
      { scheme: "basic", payload: basicOf(password) },
      { peer, target: { method: "POST", path: "/" } },
    );
    assert.ok(opened.kind === "opened");
    const bearer = `Bearer ${opened.token}`;
    assert.deepEqual([await call(bearer), await call(`Basic ${basicOf(password)}`)], ["allowed", "allowed"]);

    way.mode = "silent";
    for (let attempt = 0; attempt < 6; attempt++) {
      assert.equal(await call(`Basic ${basicOf(`another ${attempt}`)}`), "unavailable");
      assert.equal(await call(`Basic ${basicOf(password)}`), "allowed", "its password is remembered");
      assert.equal(await call(bearer), "allowed");
      clock.turn(500);
    }
    assert.equal(told.length, 1);
    const failures = events.flatMap((event) => (event.kind === "handler-failed" ? [event.failure] : []));
    assert.ok(
      failures.every(
        (one) => one.kind === "threw" && String(one.error).includes(`the directory 127.0.0.1:${way.port}`),
      ),
    );
    clock.turn(300_000);
    assert.equal(await call(`Basic ${basicOf(password)}`), "unavailable", "it is remembered for rememberMs");
    assert.equal(await call(bearer), "allowed", "a session goes on for recheckStaleMs");
    clock.turn(600_000);
    assert.equal(await call(bearer), "unavailable", "and is then unavailable, not over");

    way.mode = "through";
    clock.turn(6_000);
    assert.equal(await call(bearer), "allowed");
    assert.equal(await call(`Basic ${basicOf(password)}`), "allowed", "no attempt was counted as a guess");
    assert.equal(told.length, 2);
    assert.match(told[1] ?? "", /^the directory 127\.0\.0\.1:\d+ answers again, after \d+ s$/);
    assert.equal(
      events.some(({ kind }) => ["account-throttled", "account-stopped", "session-ended"].includes(kind)),
      false,
    );
  });
});
