import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AuthOptions } from "../../../src/engine/options.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import type { Denial } from "../../../src/model/decision.js";
import type { SessionOpened } from "../../../src/model/log-in.js";
import type { Store } from "../../../src/model/store.js";
import type { OperateAsRule } from "../../../src/policies/operate-as/rules.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { type OperateAsWorld, start, type User } from "./operate-as-world.js";

const pair: OperateAsRule = { actors: ["ada"], targets: ["bob"] };
const rules: readonly OperateAsRule[] = [pair, { actors: ["bob"], targets: ["dave"], nested: true }];
const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/" } };
const durations = { rotateAfterMs: 60_000, overlapMs: 1_000, stragglerMs: 2_000, idleMs: 300_000 };

interface Nodes {
  readonly one: OperateAsWorld;
  /** Another node on the same store, with the clock of the first. */
  readonly two: OperateAsWorld;
  readonly store: Store;
}

function startTwo(toStore: (platform: OperateAsWorld["platform"]) => Store, more: Partial<AuthOptions<Handler<User>>>) {
  const first = start([]);
  const { platform } = first;
  const store = toStore(platform);
  const shared = { store, platform, keys: randomKeys(platform), ...durations, ...more };
  const [one, two] = [start(rules, shared), start(rules, shared)];
  return { one: { ...one, advance: first.advance }, two: { ...two, advance: first.advance }, store };
}

type Begin = (world: OperateAsWorld, own: SessionOpened<User>) => Promise<SessionOpened<User>>;

function requireOpened(outcome: SessionOpened<User> | Denial): SessionOpened<User> {
  assert.ok(outcome.kind === "opened", JSON.stringify(outcome));
  return outcome;
}

const operate =
  (subject: string): Begin =>
  async ({ auth, callerOf }, { token }) =>
    requireOpened(await auth.beginOperateAs(await callerOf(token), { subject }, context));

const byTicket =
  (as?: string, detached?: boolean): Begin =>
  async ({ auth, callerOf }, { token }) => {
    const operateAs = as === undefined ? undefined : { subject: as };
    const issued = await auth.tickets.issue(await callerOf(token), { service: "worker", operateAs, detached });
    assert.ok(issued.kind === "issued");
    const redeemed = await auth.tickets.redeem(issued.ticket, "worker");
    assert.ok(redeemed.kind === "redeemed");
    return requireOpened(await auth.tickets.open(redeemed, context));
  };

const ways: readonly [string, readonly Begin[]][] = [
  ["operate-as", [operate("bob")]],
  ["a ticket", [byTicket()]],
  ["a ticket with operate-as", [byTicket("bob")]],
  ["a ticket of a session from a ticket", [byTicket(), byTicket()]],
  ["nested operate-as", [operate("bob"), operate("dave")]],
  ["operate-as from a session from a ticket", [byTicket(), operate("bob")]],
];

async function begin(world: OperateAsWorld, steps: readonly Begin[]) {
  const own = await world.opened("ada");
  let last = own;
  for (const step of steps) last = await step(world, last);
  return { own, last };
}

const ends: readonly [string, (nodes: Nodes, own: SessionOpened<User>) => Promise<unknown>][] = [
  ["log-out", async (_, { session }) => session.end("logout")],
  ["an end by an operator on another node", async ({ two }, { session }) => two.auth.sessions.end(session.ref)],
  [
    "a theft that is found",
    async ({ store }, { session }) => {
      const reading = await store.loadSession(session.ref);
      assert.ok(reading);
      await store.swapSession(reading, { revokedAt: reading.now, revokedReason: "reuse" }, true);
    },
  ],
  ["the end of the account", async ({ two }) => two.auth.sessions.endSubject("ada")],
];

const stores: readonly [string, (platform: OperateAsWorld["platform"]) => Store][] = [
  ["memory", (platform) => memory({ platform })],
  ["sqlite", (platform) => sqlite(":memory:", { platform })],
];

for (const [storeName, toStore] of stores) {
  for (const [way, steps] of ways) {
    for (const [end, doEnd] of ends) {
      test(`9. By ${end} ends what was begun by ${way}, at once on every node: ${storeName}`, async () => {
        const nodes = startTwo(toStore, {});
        const { one, two } = nodes;
        const { own, last } = await begin(one, steps);
        const streams: string[] = [];
        for (const node of [one, two]) {
          const { session } = await node.callerOf(last.token);
          session?.onEnd((reason) => streams.push(reason));
          assert.ok(!(node.call(last.token) instanceof Promise), "remembered");
        }
        await doEnd(nodes, own);
        assert.equal(streams.length, 2, "the live streams of both nodes end at once");
        for (const node of [one, two]) {
          const decision = await node.call(last.token);
          assert.equal(decision.kind === "denied" && decision.reason, "revoked");
        }
        assert.deepEqual(await one.auth.sessions.list(), []);
        await nodes.store.close();
      });
    }
  }
}

for (const [way, steps] of ways) {
  test(`9. What was begun by ${way} ends when the session that it came from has expired or made room for another`, async () => {
    for (const cap of [false, true]) {
      const { one, store } = startTwo((platform) => memory({ platform }), { maxSessionsPerSubject: 3 });
      const { own, last } = await begin(one, steps);
      let held = last.token;
      const streams: string[] = [];
      last.session.onEnd((reason) => streams.push(reason));
      if (cap) for (const _ of [1, 2, 3]) await one.opened("ada");
      for (let n = 0; n < 11 && !cap; n += 1) {
        one.advance(30_000);
        const decision = await one.call(held);
        if (decision.kind === "allowed") held = decision.offer?.token ?? held;
      }
      assert.equal((await one.call(own.token)).kind, "denied", "the first session is over");
      assert.equal((await one.call(held)).kind, "denied");
      assert.equal(streams.length, 1);
      assert.equal((await store.loadSession(last.session.ref))?.row.revokedAt === null, false);
    }
  });
}

test("9. A session that ended before is begun from by no ticket and no actor, whatever lies between", async () => {
  const { one } = startTwo((platform) => memory({ platform }), {});
  const { own, last } = await begin(one, [operate("bob")]);
  const caller = await one.callerOf(last.token);
  const issued = await one.auth.tickets.issue(caller, { service: "worker" });
  assert.ok(issued.kind === "issued");
  const redeemed = await one.auth.tickets.redeem(issued.ticket, "worker");
  assert.ok(redeemed.kind === "redeemed");
  const late = await one.auth.tickets.issue(caller, { service: "worker" });
  assert.ok(late.kind === "issued");
  await own.session.end();
  assert.equal((await one.auth.tickets.open(redeemed, context)).kind, "denied");
  assert.equal((await one.auth.tickets.redeem(late.ticket, "worker")).kind, "refused");
  assert.equal((await one.auth.tickets.issue(caller, { service: "worker" })).kind, "denied");
  assert.equal((await one.auth.beginOperateAs(caller, { subject: "dave" })).kind, "denied");
});

test("an end of a session that began from another one leaves that one alone", async () => {
  const { one } = startTwo((platform) => memory({ platform }), {});
  const { own, last } = await begin(one, [operate("bob")]);
  await last.session.end();
  assert.equal((await one.call(own.token)).kind, "allowed");
});

test("a store hears once of the end of what began from a session, and so does the observer", async () => {
  const { one, store } = startTwo((platform) => memory({ platform }), {});
  const { own, last } = await begin(one, [byTicket(), byTicket()]);
  await own.session.end();
  await one.call(last.token);
  const ended = one.events.filter(({ kind }) => kind === "session-ended");
  assert.deepEqual(ended.map((event) => "reason" in event && event.reason).sort(), [
    "logout",
    "parent ended",
    "parent ended",
  ]);
  assert.equal((await store.loadSession(last.session.ref))?.row.revokedReason, "parent ended");
});

test("detached, by its grant or its ticket, a session goes on; nested it does not", async () => {
  const detached: OperateAsRule = { ...pair, detached: true };
  const steps: readonly (readonly [readonly Begin[], string])[] = [
    [[operate("bob")], "allowed"],
    [[byTicket("bob")], "allowed"],
    [[byTicket(undefined, true)], "allowed"],
    [[byTicket(undefined, true), byTicket()], "allowed"],
    [[byTicket(), byTicket(undefined, true)], "allowed"],
    [[operate("bob"), byTicket(undefined, true)], "allowed"],
    [[byTicket(undefined, false)], "denied"],
  ];
  for (const [begins, expected] of steps) {
    const { one, two } = startTwo((platform) => memory({ platform }), { absoluteMs: 600_000 });
    for (const node of [one, two]) node.current.rules = [detached];
    const { own, last } = await begin(one, begins);
    assert.ok(last.session.expiresAt <= own.session.expiresAt, "no later than the first one in any case");
    await own.session.end();
    assert.equal((await two.call(last.token)).kind, expected);
  }
  // Rights that were lent: by two steps an actor gets no more than the rule says for one.
  for (const [as, lent] of [
    [undefined, operate("bob")],
    ["bob", undefined],
  ] as const) {
    const { one } = startTwo((platform) => memory({ platform }), {});
    const own = await one.opened("ada", as);
    const operating = (await lent?.(one, own)) ?? own;
    const { token } = await byTicket(undefined, true)(one, operating);
    assert.equal((await one.call(token)).kind, "allowed");
    await own.session.end();
    assert.equal((await one.call(token)).kind, "denied");
  }
  const { one } = startTwo((platform) => memory({ platform }), {});
  const policy = { identify: (subject: string) => one.users.get(subject), grant: () => grant };
  const grant = { nested: true, detached: true };
  const free = start([], { operateAs: policy });
  const first = await begin(free, [operate("bob")]);
  const nested = await operate("dave")(free, first.last);
  const ticket = await byTicket(undefined, true)(free, nested);
  await first.last.session.end();
  assert.equal((await free.call(nested.token)).kind, "denied");
  assert.equal((await free.call(ticket.token)).kind, "denied");
});

test("no line of sessions is longer than nine: each reading of the last one loads all", async () => {
  const { one } = startTwo((platform) => memory({ platform }), {});
  const { last } = await begin(
    one,
    Array.from({ length: 8 }, () => byTicket()),
  );
  assert.equal((await one.call(last.token)).kind, "allowed");
  await assert.rejects(byTicket()(one, last), /invalid_token/);
  await assert.rejects(operate("bob")(one, last), /operate_as_refused/);
});

test("a session that begins by credentials with an end ends with them, and so does all that begins from it", async () => {
  const world = start([]);
  const until = world.platform.now() + 60_000;
  const brief: Handler<User> = {
    ...{ scheme: "Brief", opens: "nothing" },
    fromHeader: () => ({ kind: "accepted", identity: { subject: "ada", roles: [] }, expiresAt: until + 0.5 }),
  };
  const { platform } = world;
  const made = start([{ ...pair, detached: true }], { handlers: [brief], platform, store: memory({ platform }) });
  const rawHeaders = ["authorization", "Brief x"];
  const decision = await made.auth.authenticate({ ...context, ...context.target, rawHeaders });
  assert.ok(decision.kind === "allowed");
  assert.equal(decision.caller.expiresAt, until);
  const operating = requireOpened(await made.auth.beginOperateAs(decision.caller, { subject: "bob" }, context));
  const plain = await made.auth.logIn({ scheme: "Brief", payload: "x" }, context);
  assert.ok(plain.kind === "opened");
  const going = await byTicket()(made, plain);
  const detached = await byTicket(undefined, true)(made, going);
  const issued = await made.auth.tickets.issue(plain.caller, { service: "worker", lifeMs: 300_000 });
  assert.ok(issued.kind === "issued" && issued.expiresAt <= until);
  for (const { session, token } of [operating, plain, going, detached]) {
    assert.ok(session.expiresAt <= until);
    assert.equal((await made.call(token)).kind, "allowed");
  }
  world.advance(60_000);
  for (const { token } of [operating, plain, going, detached]) {
    assert.equal((await made.call(token)).kind, "denied");
  }
});

test("a target that is not as it was is operated as no more: streams end, and the actor begins anew", async () => {
  const { one } = startTwo((platform) => memory({ platform }), { maxStalenessMs: 1_000 });
  const { own, last } = await begin(one, [operate("bob")]);
  const ticket = await byTicket()(one, last);
  const streams: string[] = [];
  for (const { session } of [last, ticket]) session.onEnd((reason) => streams.push(reason));
  one.advance(5_000);
  assert.equal((await one.call(last.token)).kind, "allowed");
  // The order of members and of roles means nothing.
  one.users.set("bob", { roles: ["user", "admin"], subject: "bob" });
  one.advance(5_000);
  const decision = await one.call(last.token);
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
  assert.deepEqual(streams.sort(), ["identity changed", "parent ended"]);
  assert.equal((await one.call(ticket.token)).kind, "denied");
  const again = await operate("bob")(one, own);
  assert.deepEqual(again.caller.identity.roles, ["user", "admin"]);
  one.users.set("bob", { roles: ["admin", "user"], subject: "bob" });
  one.advance(5_000);
  assert.equal((await one.call(again.token)).kind, "allowed");
});

test("a node that does not know what began from a session refuses it all the same, in a list and by a ticket too", async () => {
  const world = start([]);
  const { platform } = world;
  const inner = memory({ platform });
  const shared = { platform, keys: randomKeys(platform), ...durations };
  // A node whose feed is silent, so that it ends nothing in the store by itself.
  const deaf = { ...inner, watch: () => ({ aliveAt: () => 0, stop: () => {} }), close: () => {} };
  const [one, two] = [start(rules, { ...shared, store: deaf }), start(rules, { ...shared, store: inner })];
  const { own, last } = await begin(one, [operate("bob"), byTicket()]);
  const issued = await one.auth.tickets.issue(await one.callerOf(last.token), { service: "worker" });
  assert.ok(issued.kind === "issued");
  for (let n = 0; n < 3; n += 1) await one.opened("bob");
  await two.auth.sessions.end(own.session.ref);
  assert.equal((await inner.loadSession(last.session.ref))?.row.revokedAt, null);
  const listed = await two.auth.sessions.list({ subject: "bob", limit: 2 });
  const [first, second] = listed;
  const [third, ...rest] = await two.auth.sessions.list({ subject: "bob", limit: 2, after: second?.ref ?? "" });
  assert.equal(new Set([first, second, third].map((each) => each?.ref)).size, 3, "pages are full all the same");
  assert.ok([first, second, third].every((each) => each?.actor === undefined) && rest.length === 0);
  assert.deepEqual(await two.auth.tickets.redeem(issued.ticket, "worker"), {
    ...{ kind: "refused", reason: "session_ended" },
  });
  const decision = await two.call(last.token);
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
  assert.equal((await inner.loadSession(last.session.ref))?.row.revokedReason, "parent ended");
});

test("what is remembered of a session that began from another one is asked again after maxStalenessMs", async () => {
  const more = { maxStalenessMs: 1_000, rotateAfterMs: 600_000, idleMs: 1_200_000, absoluteMs: 3_600_000 };
  const { one } = startTwo((platform) => memory({ platform }), more);
  const { last } = await begin(one, [byTicket()]);
  await one.callerOf(last.token);
  one.advance(1_100_000);
  const decision = await one.call(last.token);
  assert.ok(decision.kind === "allowed" && decision.offer);
  const held = decision.offer.token;
  assert.equal((await one.call(held)).kind, "allowed");
  assert.ok(!(one.call(held) instanceof Promise), "remembered");
  // The idle limit of the first session passes: no event says so.
  one.advance(99_999);
  assert.equal((await one.call(held)).kind, "allowed");
  one.advance(1_000);
  assert.equal((await one.call(held)).kind, "denied");
});

test("two processes with one file: what was begun from a session ends on the other one with the news of its end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const { platform, advance } = start([]);
  const path = join(folder, "sessions.db");
  const shared = { platform, keys: randomKeys(platform), ...durations };
  const [one, two] = [1, 2].map(() => start(rules, { ...shared, store: sqlite(path, { platform, pollMs: 250 }) }));
  assert.ok(one !== undefined && two !== undefined);
  const { own, last } = await begin(one, [operate("bob"), byTicket()]);
  const streams: string[] = [];
  (await two.callerOf(last.token)).session?.onEnd((reason) => streams.push(reason));
  await own.session.end();
  assert.deepEqual(streams, []);
  advance(250);
  assert.deepEqual(streams, ["parent ended"]);
  for (const node of [two, one]) {
    const decision = await node.call(last.token);
    assert.equal(decision.kind === "denied" && decision.reason, "revoked");
  }
  for (const node of [one, two]) await node.auth.close();
  rmSync(folder, { recursive: true });
});
