import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import type { Session } from "../../src/model/session.js";
import type { EndEvent, Store } from "../../src/model/store.js";
import {
  bearer,
  type ClusterOptions,
  createCluster,
  durations,
  logIn,
  type Node,
  requireAllowed,
  requireDenied,
} from "../invariants/nodes.js";

const { idleMs, absoluteMs, rotateAfterMs } = durations;

async function start(options: ClusterOptions = {}) {
  const cluster = createCluster(options);
  const { token, ref } = await logIn(cluster.node);
  const sessionOn = async (node: Node, presented = token): Promise<Session> => {
    const { session } = requireAllowed(await bearer(node, presented, { rotate: false })).caller;
    assert.ok(session);
    return session;
  };
  const session = await sessionOn(cluster.node);
  const reasons: string[] = [];
  session.onEnd((reason) => reasons.push(reason));
  return { ...cluster, token, ref, session, reasons, sessionOn };
}

const hasCode = (code: string) => (error: unknown) => error instanceof AuthError && error.code === code;

test("what a route sees of a session", async () => {
  const { session, ref, world } = await start();
  const { scheme, createdAt, expiresAt, ended } = session;
  const now = world.platform.now();
  assert.deepEqual(
    { scheme, createdAt, expiresAt, ended },
    {
      scheme: "basic",
      createdAt: now,
      expiresAt: now + absoluteMs,
      ended: false,
    },
  );
  assert.equal(session.ref, ref);
});

test("state is shared by all nodes, undefined at first, and gone with the session", async () => {
  const { session, nodes, sessionOn } = await start({ count: 2 });
  const elsewhere = await sessionOn(nodes[1] as Node);
  assert.equal(await session.state(), undefined);
  assert.deepEqual(await session.updateState(() => ({ cart: ["tea"] })), { cart: ["tea"] });
  assert.deepEqual(await elsewhere.state(), { cart: ["tea"] });
  await elsewhere.updateState((current) => ({ ...(current as object), seen: 1 }));
  assert.deepEqual(await session.state(), { cart: ["tea"], seen: 1 });
  await session.end();
  for (const each of [session, elsewhere]) {
    await assert.rejects(each.state(), hasCode("session_ended"));
    await assert.rejects(
      each.updateState(() => 1),
      hasCode("session_ended"),
    );
  }
});

test("state is changed by compare-and-set: no change of several at once is lost", async () => {
  const { session, nodes, sessionOn } = await start({ count: 4 });
  const sessions = await Promise.all(nodes.map((node) => sessionOn(node)));
  let runs = 0;
  await Promise.all(
    sessions
      .flatMap((each) => [each, each, each])
      .map((each) =>
        each.updateState((current) => {
          runs += 1;
          return ((current as number | undefined) ?? 0) + 1;
        }),
      ),
  );
  assert.equal(await session.state(), 12);
  assert.ok(runs > 12, "they did race");
});

test("state is a small JSON value: 16 KiB, and nothing that JSON leaves out", async () => {
  const { session } = await start();
  await session.updateState(() => "x".repeat(16_384 - 2));
  for (const value of ["x".repeat(16_384 - 1), "é".repeat(8_192), undefined as never]) {
    await assert.rejects(
      session.updateState(() => value),
      (error) => {
        assert.ok(error instanceof AuthError);
        assert.equal(error.code, "invalid_options");
        assert.equal(error.message, "session state must be JSON of at most 16384 bytes");
        return true;
      },
    );
  }
  assert.equal(await session.state(), "x".repeat(16_384 - 2));
});

test("a change that throws changes nothing and its error arrives", async () => {
  const { session } = await start();
  const mine = new Error("mine");
  await assert.rejects(
    session.updateState(() => {
      throw mine;
    }),
    (error) => error === mine,
  );
  assert.equal(await session.state(), undefined);
});

const endings: Readonly<
  Record<string, { readonly reason: string; readonly end: (parts: Awaited<ReturnType<typeof start>>) => unknown }>
> = {
  "log-out here": { reason: "logout", end: ({ session }) => session.end() },
  "log-out with a reason": { reason: "bye", end: ({ session }) => session.end("bye") },
  "log-out on another node": {
    reason: "logout",
    end: async ({ nodes, sessionOn }) => (await sessionOn(nodes[1] as Node)).end(),
  },
  "an end by ref on another node": { reason: "ended", end: ({ nodes, ref }) => nodes[1]?.sessions.end(ref) },
  "the end of its subject here": { reason: "ended", end: ({ node }) => node.sessions.endSubject("ada") },
  "the end of its subject on another node": {
    reason: "left the company",
    end: ({ nodes }) => nodes[1]?.sessions.endSubject("ada", "left the company"),
  },
  idling: { reason: "expired", end: ({ world }) => world.advance(idleMs) },
  "its absolute limit, however much it is used": {
    reason: "expired",
    async end({ world, node, token }) {
      let held = token;
      for (let left = absoluteMs; left > rotateAfterMs; left -= rotateAfterMs) {
        world.advance(rotateAfterMs);
        held = requireAllowed(await bearer(node, held)).offer?.token ?? held;
      }
      world.advance(rotateAfterMs);
    },
  },
  "reuse of an old token on another node": {
    reason: "reuse",
    async end({ world, nodes, node, token }) {
      world.advance(rotateAfterMs);
      const next = requireAllowed(await bearer(node, token)).offer?.token ?? "";
      requireAllowed(await bearer(node, next));
      world.advance(durations.overlapMs + durations.stragglerMs);
      requireDenied(await bearer(nodes[1] as Node, token), "revoked");
    },
  },
};

for (const [name, { reason, end }] of Object.entries(endings)) {
  test(`onEnd calls back exactly once: ${name}`, async () => {
    const parts = await start({ count: 2 });
    const { session, reasons, world } = parts;
    const taken: string[] = [];
    session.onEnd((each) => taken.push(each))();
    await end(parts);
    await new Promise(setImmediate);
    assert.deepEqual(reasons, [reason]);
    assert.equal(session.ended, true);
    assert.deepEqual(taken, [], "taken back");
    world.advance(2 * absoluteMs);
    await session.end();
    assert.deepEqual(reasons, [reason]);
    const late: string[] = [];
    session.onEnd((each) => late.push(each));
    assert.deepEqual(late, [reason], "whoever comes late is told at once");
  });
}

test("onEnd does not call back while the session is in use, however long", async () => {
  const { world, node, token, reasons } = await start();
  let held = token;
  for (let passed = 0; passed < absoluteMs - idleMs; passed += idleMs / 2) {
    world.advance(idleMs / 2);
    held = requireAllowed(await bearer(node, held)).offer?.token ?? held;
  }
  assert.deepEqual(reasons, []);
});

test("onEnd hears of an end that came before it asked, and of one that came in a gap of the feed", async () => {
  let tell: (event: EndEvent) => void = () => {};
  const { store, node, session, reasons, ref } = await start({
    view: (inner): Store => ({
      ...inner,
      watch(onEnd) {
        tell = onEnd; // its connection is lost: nothing comes through
        return { aliveAt: () => 0, stop() {} };
      },
    }),
  });
  const { token: other } = await logIn(node, "bob");
  const unheard = requireAllowed(await bearer(node, other)).caller.session;
  await store.endSession(ref, "logout");
  await store.endSession(unheard?.ref ?? "", "logout");
  assert.deepEqual(reasons, []);
  assert.equal(session.ended, false);
  tell({ kind: "gap" });
  assert.deepEqual(reasons, ["logout"]);
  const late: string[] = [];
  unheard?.onEnd((reason) => late.push(reason));
  await new Promise(setImmediate);
  assert.deepEqual(late, ["logout"]);
});

test("onEnd works on a session that memory had forgotten meanwhile", async () => {
  const { node } = createCluster({ maxKnownSessions: 2 });
  const { token, ref } = await logIn(node);
  const { session } = requireAllowed(await bearer(node, token)).caller;
  for (let count = 0; count < 5; count += 1) await logIn(node, "bob");
  const reasons: string[] = [];
  session?.onEnd((reason) => reasons.push(reason));
  await node.sessions.end(ref);
  assert.deepEqual(reasons, ["ended"]);
  // And the same with the session known anew by another entry.
  const second = await logIn(node);
  const old = requireAllowed(await bearer(node, second.token)).caller.session;
  for (let count = 0; count < 5; count += 1) await logIn(node, "bob");
  requireAllowed(await bearer(node, second.token));
  old?.onEnd((reason) => reasons.push(reason));
  await node.sessions.end(second.ref);
  assert.deepEqual(reasons, ["ended", "ended"]);
});

test("a store that cannot say whether a session is over ends nothing, and is asked again each second", async () => {
  let down = false;
  let asked = 0;
  const { world, reasons, token, node } = await start({
    view: (inner): Store => ({
      ...inner,
      loadSession(ref) {
        asked += 1;
        if (down) throw new Error("down");
        return inner.loadSession(ref);
      },
    }),
  });
  down = true;
  asked = 0;
  world.advance(idleMs + 10_000);
  assert.deepEqual(reasons, []);
  assert.equal(asked, 11);
  down = false;
  world.advance(1_000);
  assert.deepEqual(reasons, ["expired"]);
  requireDenied(await bearer(node, token), "expired");
});

test("under overlapping a token may expire while its session lives on: nothing ends", async () => {
  const { world, node, token, reasons, session } = await start({ policy: "overlapping", lifetimeMs: 120_000 });
  world.advance(rotateAfterMs);
  const next = requireAllowed(await bearer(node, token)).offer?.token ?? "";
  requireAllowed(await bearer(node, next));
  world.advance(rotateAfterMs);
  requireDenied(await bearer(node, token), "expired");
  assert.equal(session.ended, false);
  assert.deepEqual(reasons, []);
  requireAllowed(await bearer(node, next));
  await session.end();
  assert.deepEqual(reasons, ["logout"]);
});
