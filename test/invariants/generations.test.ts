import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";
import { counting } from "./counting-store.js";
import {
  bearer,
  type Cluster,
  createCluster,
  durations,
  logIn,
  type Node,
  requireAllowed,
  requireDenied,
  requireOffer,
} from "./nodes.js";
import { lossy, spectating } from "./views.js";

const { rotateAfterMs, overlapMs, stragglerMs, idleMs } = durations;

/** Presents `token` when it is due and returns its successor. */
async function turn(cluster: Cluster, token: string, node: Node = cluster.node): Promise<string> {
  cluster.world.advance(rotateAfterMs);
  return requireOffer(await bearer(node, token));
}

test("1. No false logout: lost, repeated and reordered responses leave the session as it was", async () => {
  const cluster = createCluster({ count: 3 });
  const [first, second, third] = cluster.nodes as [Node, Node, Node];
  const { token } = await logIn(first);
  const next = await turn(cluster, token);
  // The response is lost three times, the last time for longer than every zone.
  for (const node of [second, third, first]) {
    cluster.world.advance(overlapMs + stragglerMs);
    assert.equal(requireOffer(await bearer(node, token)), next);
  }
  requireAllowed(await bearer(second, next));
  // Calls in flight with the old one, on every node, up to the end of the overlap.
  cluster.world.advance(overlapMs - 1);
  for (const node of cluster.nodes) assert.equal(requireAllowed(await bearer(node, token)).offer, undefined);
  // A late one: refused without harm, up to the end of the straggler zone.
  cluster.world.advance(1);
  for (const node of cluster.nodes) requireDenied(await bearer(node, token), "superseded");
  cluster.world.advance(stragglerMs - 1);
  requireDenied(await bearer(third, token), "superseded");
  for (const node of cluster.nodes) requireAllowed(await bearer(node, next));
});

test("an offer that is not taken up for rotateAfterMs is told once, whatever the number of calls and nodes, and again later", async () => {
  const cluster = createCluster({ count: 3 });
  const { token, ref } = await logIn(cluster.node);
  const next = await turn(cluster, token);
  const lapses = () => cluster.events.filter(({ kind }) => kind === "offer-lapsed");
  const callAll = async () => {
    for (const node of cluster.nodes) assert.equal(requireOffer(await bearer(node, token)), next);
  };
  cluster.world.advance(rotateAfterMs - 1);
  await callAll();
  assert.deepEqual(lapses(), []);
  cluster.world.advance(1);
  await callAll();
  await callAll();
  assert.deepEqual(lapses(), [{ kind: "offer-lapsed", ref, subject: "ada", generation: 2 }]);
  cluster.world.advance(rotateAfterMs);
  await callAll();
  assert.equal(lapses().length, 2);
  requireAllowed(await bearer(cluster.node, next));
  cluster.world.advance(rotateAfterMs);
  requireAllowed(await bearer(cluster.node, next));
  assert.equal(lapses().length, 2, "it was taken up");
});

test("1. No false logout: any pause below the idle limit, over many generations", async () => {
  const cluster = createCluster({ count: 2 });
  let { token } = await logIn(cluster.node);
  // Use is written down once per rotateAfterMs, so this is the longest pause that is promised.
  for (let count = 0; count < 10; count += 1) {
    cluster.world.advance(idleMs - rotateAfterMs - 1);
    token = requireOffer(await bearer(cluster.nodes[count % 2] as Node, token));
    requireAllowed(await bearer(cluster.nodes[(count + 1) % 2] as Node, token));
  }
});

test("1. No false logout: a store that lost its last writes is moved forward by the newest token", async () => {
  const world = createWorld();
  const store = lossy(memory({ platform: world.platform }));
  const cluster = createCluster({ world, store: () => store });
  const { token, ref } = await logIn(cluster.node);
  await store.save(ref);
  const second = await turn(cluster, token);
  requireAllowed(await bearer(cluster.node, second));
  const third = await turn(cluster, second);
  store.restore();
  requireAllowed(await bearer(cluster.node, third));
  assert.deepEqual(cluster.events.at(-1), { kind: "healed", ref, subject: "ada", generation: 3 });
  requireAllowed(await bearer(cluster.node, third));
  cluster.world.advance(rotateAfterMs);
  requireOffer(await bearer(cluster.node, third));
});

test("2. At most two generations are acceptable at any time; after confirmation and overlap, one", async () => {
  const cluster = createCluster({ count: 2, view: (store, index) => (index === 1 ? spectating(store) : store) });
  const [node, spectator] = cluster.nodes as [Node, Node];
  const tokens = [(await logIn(node)).token];
  const acceptable = async (): Promise<number[]> => {
    const accepted: number[] = [];
    for (const [index, token] of tokens.entries()) {
      if ((await bearer(spectator, token, { rotate: false })).kind === "allowed") accepted.push(index + 1);
    }
    return accepted;
  };
  for (let generation = 1; generation <= 4; generation += 1) {
    const token = tokens.at(-1) as string;
    assert.deepEqual(await acceptable(), [generation]);
    tokens.push(await turn(cluster, token));
    assert.deepEqual(await acceptable(), [generation, generation + 1], "not confirmed");
    cluster.world.advance(overlapMs + stragglerMs);
    assert.deepEqual(await acceptable(), [generation, generation + 1], "not confirmed for long");
    requireAllowed(await bearer(node, tokens.at(-1) as string));
    cluster.world.advance(overlapMs - 1);
    assert.deepEqual(await acceptable(), [generation, generation + 1], "within the overlap");
    cluster.world.advance(1);
    assert.deepEqual(await acceptable(), [generation + 1], "after the overlap");
  }
});

test("3. n concurrent presenters of a due token are accepted, cause one store write, and one is given the successor", async () => {
  for (const presenters of [2, 16, 64]) {
    const made = new Map<Store, Map<string, number>>();
    const cluster = createCluster({
      count: 4,
      view(store) {
        const counted = counting(store);
        made.set(counted.store, counted.counts);
        return counted.store;
      },
    });
    const { token } = await logIn(cluster.node);
    cluster.world.advance(rotateAfterMs);
    const sum = (name: string) => [...made.values()].reduce((total, counts) => total + (counts.get(name) ?? 0), 0);
    const before = sum("written");
    const decisions = await Promise.all(
      Array.from({ length: presenters }, (_, index) => bearer(cluster.nodes[index % 4] as Node, token)),
    );
    const offers = decisions.flatMap((decision) => requireAllowed(decision).offer?.token ?? []);
    assert.equal(offers.length, 1);
    assert.equal(sum("written") - before, 1);
    assert.ok(sum("swap") >= 2, "they did race");
    assert.equal(cluster.events.filter(({ kind }) => kind === "rotated").length, 1);
    // The answer may have been lost: from overlapMs on, each node gives the same one again.
    cluster.world.advance(overlapMs);
    for (const node of cluster.nodes) assert.equal(requireOffer(await bearer(node, token)), offers[0]);
  }
});

test("4. A generation superseded for longer than the zones ends the session for every later call on every node", async () => {
  const cluster = createCluster({ count: 3 });
  const [first, second, third] = cluster.nodes as [Node, Node, Node];
  const { token, ref } = await logIn(first);
  const next = await turn(cluster, token);
  for (const node of cluster.nodes) requireAllowed(await bearer(node, next));
  cluster.world.advance(overlapMs + stragglerMs);
  requireAllowed(await bearer(third, next));
  requireDenied(await bearer(second, token), "revoked");
  for (const node of cluster.nodes) {
    requireDenied(await bearer(node, next), "revoked");
    requireDenied(await bearer(node, token), "revoked");
  }
  assert.deepEqual(
    cluster.events.filter(({ kind }) => kind === "reuse"),
    [{ kind: "reuse", ref, subject: "ada", generation: 1 }],
  );
});
