import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgedSession, leaseMs, maxWaiting } from "../../../../src/gateway/forward/bridge/bridged-session.js";
import type { UpstreamClient, UseAnswer } from "../../../../src/gateway/forward/bridge/upstream-client.js";
import type { Session } from "../../../../src/model/session.js";
import { bearer, createCluster, logIn, type Node, requireAllowed } from "../../../invariants/nodes.js";

const maxStalenessMs = 5_000;
const keepAliveMs = 60_000;

/** The client of an upstream that is a script. */
class ScriptedClient implements Pick<UpstreamClient, "logIn" | "keepAlive" | "logOut"> {
  readonly calls: string[] = [];
  answer: UseAnswer = { verdict: "refused" };
  /** What a log-in waits for. */
  gate: Promise<unknown> = Promise.resolve();
  fails = false;

  /** The clients whose places were taken. */
  readonly clients: (string | undefined)[] = [];

  async logIn(client: string | undefined): Promise<string> {
    this.clients.push(client);
    this.calls.push("log in");
    await this.gate;
    if (this.fails) throw new Error("unreachable");
    return `t${this.calls.length}`;
  }

  async keepAlive(token: string, client?: string | undefined): Promise<UseAnswer> {
    this.clients.push(client);
    this.calls.push(`use ${token}`);
    return this.answer;
  }

  logOut(token: string): void {
    this.calls.push(`log out ${token}`);
  }
}

/** Two nodes with a session of ada on both, and an upstream session for it on each. */
async function start() {
  const cluster = createCluster({ count: 2 });
  const { token, ref } = await logIn(cluster.node);
  const client = new ScriptedClient();
  const live = new Set<{ stop(): void }>();
  const state = { isClosed: false };
  const { platform } = cluster.world;
  const join = async (node: Node): Promise<{ session: Session; bridged: BridgedSession }> => {
    const { session } = requireAllowed(await bearer(node, token, { rotate: false })).caller;
    assert.ok(session);
    const { sealed } = node.front;
    const parts = {
      name: "db",
      sealed,
      client,
      platform,
      maxStalenessMs,
      keepAliveMs,
      live,
      isClosed: () => state.isClosed,
    };
    return { session, bridged: new BridgedSession(session, parts) };
  };
  const [one, other] = [await join(cluster.nodes[0] as Node), await join(cluster.nodes[1] as Node)];
  const { store, world } = cluster;
  return { ...{ store, world, ref, token, client, live, state }, join, nodes: cluster.nodes, one, other };
}

/** Lets promises settle, and the timers of the world that come due. */
async function settle(world: { advance(ms: number): void }, ms = 0): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  for (let passed = 0; passed < ms; passed += 100) {
    world.advance(100);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }
}

test("many calls on two nodes log in once, and what is remembered is no promise", async () => {
  const { one, other, client, world } = await start();
  const calls = [one, one, other, other, one].map(({ bridged }) => Promise.resolve(bridged.find()));
  await settle(world, 1_000);
  const found = await Promise.all(calls);
  assert.deepEqual(client.calls, ["log in"]);
  assert.deepEqual(new Set(found.map(({ token }) => token)), new Set(["t1"]));
  assert.ok(!(one.bridged.find() instanceof Promise));
});

test("a node that ended in its log-in is replaced when its lease is over, and the late one keeps nothing", async () => {
  const { one, other, client, world } = await start();
  let open = (): void => {};
  client.gate = new Promise<void>((resolve) => (open = resolve));
  const late = Promise.resolve(one.bridged.find());
  await settle(world, 100);
  client.gate = Promise.resolve();
  const next = Promise.resolve(other.bridged.find());
  await settle(world, leaseMs - 1_000);
  assert.deepEqual(client.calls, ["log in"]);
  await settle(world, 1_500);
  assert.equal((await next).token, "t2");
  open();
  await settle(world, 500);
  assert.deepEqual(client.calls, ["log in", "log in", "log out t2"], "what it opened, by its number");
  assert.equal((await late).version, (await next).version);
});

test("a log-in that failed gives its lease back", async () => {
  const { one, other, client, world } = await start();
  client.fails = true;
  await assert.rejects(async () => one.bridged.find());
  client.fails = false;
  await settle(world);
  assert.equal((await other.bridged.find()).token, "t2");
});

test("a rotation is written before it is used, and the other node finds it when its own is stale", async () => {
  const { one, other, client, world, store, ref } = await start();
  const first = await one.bridged.find();
  assert.deepEqual(await other.bridged.find(), first);
  one.bridged.follow(first, "next");
  await settle(world);
  assert.deepEqual(await one.bridged.find(), { token: "next", version: first.version + 1 });
  assert.equal((await store.loadSealed(ref, "db"))?.version, first.version + 1);
  assert.deepEqual(await other.bridged.find(), first, "it is fresh enough");
  world.advance(maxStalenessMs);
  assert.equal((await other.bridged.find()).token, "next");
  const { swapSealed } = store;
  let writes = 0;
  (store as { swapSealed: typeof swapSealed }).swapSealed = (...given) => {
    writes += 1;
    return swapSealed(...given);
  };
  other.bridged.follow(first, "late");
  one.bridged.follow(first, "late");
  await settle(world);
  world.advance(maxStalenessMs);
  assert.equal(writes, 0);
  assert.equal((await one.bridged.find()).token, "next", "an answer to a call with an older token says nothing new");
  assert.deepEqual(client.calls, ["log in"]);
});

test("of two nodes that follow the same token by different answers one writes, and the other takes that", async () => {
  const { one, other, world } = await start();
  const first = await one.bridged.find();
  await other.bridged.find();
  one.bridged.follow(first, "a");
  other.bridged.follow(first, "b");
  await settle(world);
  assert.deepEqual(await one.bridged.find(), await other.bridged.find());
});

test("a rotation that the store did not take leaves the token as it is", async () => {
  const { one, world, store } = await start();
  const first = await one.bridged.find();
  const { swapSealed } = store;
  const broken = store as { swapSealed: typeof swapSealed };
  broken.swapSealed = () => {
    throw new Error("the disk is full");
  };
  one.bridged.follow(first, "next");
  await settle(world);
  assert.deepEqual(await one.bridged.find(), first);
  broken.swapSealed = swapSealed;
  one.bridged.follow(first, "next");
  await settle(world);
  assert.equal((await one.bridged.find()).token, "next");
});

test("after a refusal the store's newer token is taken; if it has none, and the upstream forgot it, one node logs in", async () => {
  const { one, other, client, world } = await start();
  const first = await one.bridged.find();
  await other.bridged.find();
  one.bridged.follow(first, "next");
  await settle(world);
  assert.equal((await other.bridged.renew(first)).token, "next");
  assert.deepEqual(client.calls, ["log in"], "nothing was asked of the upstream");
  const next = await one.bridged.find();
  const renewals = [one, other, one].map(({ bridged }) => Promise.resolve(bridged.renew(next)));
  await settle(world, 500);
  const tokens = (await Promise.all(renewals)).map(({ token }) => token);
  assert.equal(new Set(tokens).size, 1);
  assert.equal(client.calls.filter((call) => call === "log in").length, 2);
});

test("a call that the upstream refuses although it takes the token costs no log-in", async () => {
  const { one, client } = await start();
  const first = await one.bridged.find();
  client.answer = { verdict: "done", token: undefined };
  assert.deepEqual(await one.bridged.renew(first), first);
  assert.ok(one.bridged.isProven(first));
  assert.deepEqual(client.calls, ["log in", "use t1"]);
});

test("an upstream that cannot tell is not logged in to anew", async () => {
  const { one, client } = await start();
  const first = await one.bridged.find();
  client.answer = { verdict: "failed", failure: { reason: "upstream_unavailable", code: "ECONNREFUSED" } };
  await assert.rejects(async () => one.bridged.renew(first), /ECONNREFUSED/);
  assert.deepEqual(client.calls, ["log in", "use t1"]);
});

test("the upstream's session is kept alive while ours lives, follows its rotation, and ends with ours", async () => {
  const { one, client, world, live } = await start();
  await one.bridged.find();
  client.answer = { verdict: "done", token: "next" };
  await settle(world, 2 * keepAliveMs + 1_000);
  assert.deepEqual(client.calls, ["log in", "use t1", "use next"]);
  await one.session.end();
  await settle(world);
  assert.equal(client.calls.at(-1), "log out next");
  assert.equal(live.size, 0);
  await settle(world, 3 * keepAliveMs);
  assert.equal(client.calls.length, 4);
  await assert.rejects(async () => one.bridged.find(), /session ended/);
});

test("a node whose token is old logs out with the store's", async () => {
  const { one, other, client, world } = await start();
  const first = await other.bridged.find();
  await one.bridged.find();
  world.advance(maxStalenessMs);
  one.bridged.follow(first, "next");
  await settle(world);
  await other.session.end();
  await settle(world);
  assert.deepEqual(new Set(client.calls.slice(1)), new Set(["log out next"]));
});

test("a session that ends while it is logged in to keeps nothing at the upstream", async () => {
  const { one, client, world } = await start();
  let open = (): void => {};
  client.gate = new Promise<void>((resolve) => (open = resolve));
  const finding = Promise.resolve(one.bridged.find());
  await settle(world);
  await one.session.end();
  open();
  await assert.rejects(finding);
  assert.deepEqual(client.calls, ["log in", "log out t1"]);
});

test("a state that retires stops the work of its process, and ends no session at the upstream", async () => {
  const { one, client, world, live } = await start();
  await one.bridged.find();
  for (const each of [...live]) each.stop();
  await settle(world, 3 * keepAliveMs);
  await one.session.end();
  assert.deepEqual(client.calls, ["log in"]);
});

test("a log-in that is under way when a state retires leaves no work to this process", async () => {
  const { one, client, world, live, state } = await start();
  let open = (): void => {};
  client.gate = new Promise<void>((resolve) => (open = resolve));
  const finding = Promise.resolve(one.bridged.find());
  await settle(world);
  state.isClosed = true;
  open();
  assert.equal((await finding).token, "t1");
  assert.equal(live.size, 0);
  await settle(world, 3 * keepAliveMs);
  await one.session.end();
  await settle(world);
  assert.deepEqual(client.calls, ["log in"]);
});

test("what the upstream gives while a refusal is looked into is written and used", async () => {
  const { one, other, client } = await start();
  const first = await one.bridged.find();
  client.answer = { verdict: "done", token: "next" };
  const next = await one.bridged.renew(first);
  assert.deepEqual(next, { token: "next", version: first.version + 1 });
  assert.ok(one.bridged.isProven(next));
  assert.deepEqual(await other.bridged.find(), next);
  assert.deepEqual(client.calls, ["log in", "use t1"]);
});

test("calls of a session that wait for its log-in are bounded", async () => {
  const { one, client, world } = await start();
  let open = (): void => {};
  client.gate = new Promise<void>((resolve) => (open = resolve));
  const waiting = Array.from({ length: maxWaiting }, async () => one.bridged.find());
  await settle(world);
  assert.throws(() => one.bridged.find(), /wait for its log-in/);
  open();
  assert.equal(new Set((await Promise.all(waiting)).map(({ token }) => token)).size, 1);
  world.advance(maxStalenessMs);
  assert.equal((await one.bridged.find()).token, "t1", "there is room again");
});

test("what a client has caused takes the places of its share, and what none has caused those of the gateway", async () => {
  const { one, client, world } = await start();
  const first = await one.bridged.find("192.0.2.1");
  await one.bridged.renew(first, "192.0.2.2");
  assert.deepEqual(client.clients, ["192.0.2.1", "192.0.2.2", "192.0.2.2"], "log-in; use and log-in");
  await settle(world, keepAliveMs + 1_000);
  assert.deepEqual(client.clients.slice(3), [undefined]);
});

test("of two answers at a time one is followed, and after the end of the session none", async () => {
  const { one, store, world, live } = await start();
  const first = await one.bridged.find();
  const { swapSealed } = store;
  let writes = 0;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  (store as { swapSealed: typeof swapSealed }).swapSealed = async () => {
    writes += 1;
    await gate;
    return true;
  };
  one.bridged.follow(first, "a");
  one.bridged.follow(first, "b");
  await settle(world);
  assert.equal(writes, 1);
  await one.session.end();
  open();
  await settle(world);
  await assert.rejects(async () => one.bridged.find(), /session ended/);
  assert.equal(live.size, 0);
});

test("a newer token that this node knows is tried without a question to the store, and a session that is over not at all", async () => {
  const { one, client, store, world } = await start();
  const first = await one.bridged.find();
  one.bridged.follow(first, "next");
  await settle(world);
  const next = one.bridged.renew(first);
  assert.deepEqual(next, { token: "next", version: first.version + 1 });
  await one.session.end();
  await assert.rejects(async () => one.bridged.find(), /session ended/, "also while its token is fresh");
  await assert.rejects(async () => one.bridged.renew(first), /session ended/);
  const { loadSealed } = store;
  (store as { loadSealed: typeof loadSealed }).loadSealed = async () => undefined;
  await assert.rejects(async () => one.bridged.renew(first), /session ended/, "the row is gone");
  await settle(world);
  assert.deepEqual(client.calls, ["log in", "log out next"]);
});

for (const [isFresh, expected] of [
  [true, ["log in", "log out t1"]],
  [false, ["log in"]],
] as const) {
  test(`when the row is gone a token is ended that ${isFresh ? "is" : "is not"} fresh: ${expected}`, async () => {
    const { one, client, store, world } = await start();
    await one.bridged.find();
    if (!isFresh) world.advance(maxStalenessMs);
    const { loadSealed } = store;
    (store as { loadSealed: typeof loadSealed }).loadSealed = async () => undefined;
    await one.session.end();
    await settle(world);
    assert.deepEqual(client.calls, expected);
  });
}

test("a session that ends while it is logged in to anew ends what was opened, and nothing else", async () => {
  const { one, client, world } = await start();
  const first = await one.bridged.find();
  let open = (): void => {};
  client.gate = new Promise<void>((resolve) => (open = resolve));
  const renewing = Promise.resolve(one.bridged.renew(first));
  await settle(world);
  await one.session.end();
  await settle(world);
  assert.deepEqual(client.calls, ["log in", "use t1", "log in"]);
  open();
  await assert.rejects(renewing, /session ended/);
  assert.deepEqual(client.calls.slice(3), ["log out t3"]);
});
