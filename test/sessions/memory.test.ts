import assert from "node:assert/strict";
import { test } from "node:test";
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
  requireOffer,
} from "../invariants/nodes.js";
import { createWorld } from "../world.js";

// What the session manager lets a node remember. A call is from memory if the store was not asked.

const { rotateAfterMs, overlapMs, idleMs } = durations;
const clockMarginMs = 50;

function start(options: ClusterOptions = {}) {
  let loads = 0;
  const cluster = createCluster({
    clockMarginMs,
    ...options,
    view: (store, index) => ({
      ...(options.view?.(store, index) ?? store),
      loadSession(ref) {
        loads += 1;
        return store.loadSession(ref);
      },
    }),
  });
  async function isFromMemory(token: string, rotate = true): Promise<boolean> {
    const before = loads;
    requireAllowed(await bearer(cluster.node, token, { rotate }));
    return loads === before;
  }
  return { ...cluster, isFromMemory };
}

test("the confirmed current generation is remembered", async () => {
  const { node, isFromMemory } = start();
  const { token } = await logIn(node);
  assert.equal(await isFromMemory(token), true);
  assert.equal(await isFromMemory(token, false), true);
});

test("a generation that was issued and not yet presented is not remembered by whoever issued it", async () => {
  const { node, world, isFromMemory } = start();
  const { token } = await logIn(node);
  world.advance(rotateAfterMs);
  const next = requireOffer(await bearer(node, token));
  assert.equal(await isFromMemory(token), false, "the previous one");
  assert.equal(await isFromMemory(token), false, "the previous one, again");
  assert.equal(await isFromMemory(next), false, "its first presentation");
  assert.equal(await isFromMemory(next), true, "from now on");
  assert.equal(await isFromMemory(token), false, "superseded, within the overlap");
  assert.equal(await isFromMemory(token), false);
});

test("memory ends clockMarginMs before the token is due, on each node and whatever it looked for", async () => {
  const { node, world, isFromMemory } = start({ rotateAfterMs: 60_000 });
  const { token } = await logIn(node);
  // The jitter puts the turn anywhere in the last quarter: found by asking.
  let due = 0;
  for (let at = 44_000; due === 0; at += 1) {
    world.advance(at === 44_000 ? 44_000 : 1);
    if (!(await isFromMemory(token, false))) due = at;
    assert.ok(at <= 60_000 - clockMarginMs, "memory outlived rotateAfterMs less the margin");
  }
  // From here to the turn the store is asked each time, and says no turn until clockMarginMs later.
  for (let left = clockMarginMs - 1; left > 0; left -= 1) {
    world.advance(1);
    assert.equal(requireAllowed(await bearer(node, token)).offer, undefined);
  }
  world.advance(1);
  requireOffer(await bearer(node, token));
});

test("memory ends clockMarginMs before the absolute limit", async () => {
  const absolute = start({ absoluteMs: 120_000, idleMs: 120_000 });
  const { token } = await logIn(absolute.node);
  absolute.world.advance(90_000);
  const second = requireOffer(await bearer(absolute.node, token));
  assert.equal(await absolute.isFromMemory(second), false);
  absolute.world.advance(120_000 - 90_000 - clockMarginMs - 1);
  assert.equal(await absolute.isFromMemory(second), true);
  absolute.world.advance(1);
  assert.equal(await absolute.isFromMemory(second), false);
  absolute.world.advance(clockMarginMs);
  requireDenied(await bearer(absolute.node, second), "expired");
});

test("an end that comes while the answer is under way is not overtaken by the memory of it", async () => {
  for (const how of ["session", "subject", "gap"] as const) {
    let release: () => void = () => {};
    let tell: (event: EndEvent) => void = () => {};
    const { nodes, store } = createCluster({
      count: 2,
      view: (inner, index): Store =>
        index === 0
          ? inner
          : {
              ...inner,
              watch(onEnd) {
                tell = onEnd;
                return inner.watch(onEnd);
              },
              async loadSession(ref) {
                const reading = await inner.loadSession(ref);
                await new Promise<void>((resolve) => {
                  release = resolve;
                });
                return reading;
              },
            },
    });
    const [quick, slow] = nodes as [Node, Node];
    const { token, ref } = await logIn(quick);
    const underWay = bearer(slow, token);
    await new Promise(setImmediate);
    if (how === "session") await store.endSession(ref, "logout");
    if (how === "subject") await store.endSubject("ada", "disabled", "sallyport");
    if (how === "gap") tell({ kind: "gap" });
    release();
    requireAllowed(await underWay);
    const next = bearer(slow, token);
    assert.ok(next instanceof Promise, `answered from memory after a ${how}`);
    await new Promise(setImmediate);
    release();
    assert.equal((await next).kind, how === "gap" ? "allowed" : "denied");
  }
});

test("an entry's age runs from before the read was sent, however long its answer took", async () => {
  const world = createWorld();
  const heardAt = world.platform.monotonic();
  let tookMs = 0;
  const { nodes } = createCluster({
    world,
    count: 2,
    maxStalenessMs: 5_000,
    view: (inner, index): Store =>
      index === 0
        ? inner
        : {
            ...inner,
            watch: () => ({ aliveAt: () => heardAt, stop() {} }), // its feed is silent
            loadSession(ref) {
              const reading = inner.loadSession(ref);
              world.advance(tookMs);
              return reading;
            },
          },
  });
  const [whole, cut] = nodes as [Node, Node];
  const { token, ref } = await logIn(whole);
  world.advance(5_000);
  tookMs = 900;
  requireAllowed(await bearer(cut, token));
  await whole.sessions.end(ref);
  world.advance(5_000 - 900 - 1);
  requireAllowed(await bearer(cut, token));
  world.advance(1);
  requireDenied(await bearer(cut, token), "revoked");
});

test("a swap that was judged by a reading older than a second is judged again", async () => {
  const { world, node, store } = createCluster({
    view: (inner): Store => ({
      ...inner,
      loadSession(ref) {
        const reading = inner.loadSession(ref);
        if (late > 0) {
          late -= 1;
          world.advance(1_001);
        }
        return reading;
      },
    }),
  });
  let late = 0;
  const { token, ref } = await logIn(node);
  world.advance(rotateAfterMs);
  late = 1;
  const next = requireOffer(await bearer(node, token));
  assert.equal(late, 0);
  const row = (await store.loadSession(ref))?.row;
  assert.equal(row?.generation, 2);
  assert.equal(row?.issuedAt, world.platform.now());
  requireAllowed(await bearer(node, next));
});

test("another session's row lets nobody in as somebody else: unavailable", async () => {
  let mixedUp: string | undefined;
  const { world, nodes, events } = createCluster({
    count: 2,
    view: (inner, index): Store =>
      index === 0
        ? inner
        : {
            ...inner,
            loadSession: (ref) => inner.loadSession(mixedUp ?? ref),
            async swapSession(reading, change, durable) {
              const next = await inner.swapSession(reading, change, durable);
              return next && swapMixedUp ? { ...next, row: { ...next.row, ref: "of somebody else" } } : next;
            },
          },
  });
  let swapMixedUp = false;
  const [warm, cold] = nodes as [Node, Node];
  const [ada, bob] = [await logIn(warm, "ada"), await logIn(warm, "bob")];
  mixedUp = bob.ref;
  requireDenied(await bearer(cold, ada.token), "unavailable");
  assert.equal(events.at(-1)?.kind, "store-failed");
  mixedUp = undefined;
  swapMixedUp = true;
  world.advance(rotateAfterMs);
  requireDenied(await bearer(cold, ada.token), "unavailable");
  swapMixedUp = false;
  assert.equal(requireAllowed(await bearer(cold, ada.token)).caller.identity.subject, "ada");
});

test("rotate: false turns nothing and offers nothing, but confirms, and keeps the session from idling", async () => {
  const { world, node, store } = createCluster();
  const { token, ref } = await logIn(node);
  world.advance(rotateAfterMs + overlapMs);
  assert.equal(requireAllowed(await bearer(node, token, { rotate: false })).offer, undefined);
  assert.equal((await store.loadSession(ref))?.row.generation, 1);
  const next = requireOffer(await bearer(node, token));
  assert.equal(requireAllowed(await bearer(node, token, { rotate: false })).offer, undefined, "a previous one neither");
  requireAllowed(await bearer(node, next, { rotate: false }));
  assert.notEqual((await store.loadSession(ref))?.row.confirmedAt, null);
  world.advance(idleMs - 1);
  requireAllowed(await bearer(node, next, { rotate: false }));
  world.advance(idleMs - rotateAfterMs);
  requireAllowed(await bearer(node, next, { rotate: false }));
});
