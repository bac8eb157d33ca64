import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../src/model/decision.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { createRandom } from "../../src/testing/random.js";
import type { World } from "../world.js";
import { basicOf, bearer, createCluster, durations, type Node, peer, present, type User } from "./nodes.js";

// The store contract runs its own commands on every store; here the whole engine does.

const stores: Readonly<Record<string, (world: World) => Store>> = {
  memory: ({ platform }) => memory({ platform }),
  sqlite: ({ platform }) => sqlite(":memory:", { platform }),
};

const outcomeOf = (decision: Decision<User>): unknown =>
  decision.kind === "allowed" ? [decision.caller, decision.offer?.token] : decision;

/** In pieces shorter than the store's deadline, so that a purge under way is no failure. */
async function pass(world: World, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_500) {
    world.advance(Math.min(left, 1_500));
    await new Promise(setImmediate);
  }
}

/** Of a session. Those of throttled guesses come too in a life with many wrong passwords, and are compared like these. */
const everyKind = ["reuse", "rotated", "session-ended", "session-opened", "subject-ended", "superseded"];

async function run(makeStore: (world: World) => Store, seed: number): Promise<readonly unknown[]> {
  const random = createRandom(seed);
  const { world, nodes, events } = createCluster({
    count: 2,
    store: makeStore,
    maxSessionsPerSubject: 3,
    maxUnclaimedPerSubject: 2,
  });
  const tokens: string[] = [];
  const refs: string[] = [];
  const transcript: unknown[] = [];
  for (let step = 0; step < 150; step += 1) {
    const node = random.pick(nodes) as Node;
    const user = random.pick(["ada", "bob"]);
    const command = random.int(10);
    await pass(world, random.pick([0, 0, 1, 4_999, 5_000, 30_000, 60_000, 240_000]));
    if (command < 2) {
      const decision = await present(node, basicOf(user, random.pick(["lovelace", "builder"])), { peer: { ...peer } });
      if (decision.kind === "allowed" && decision.offer) tokens.push(decision.offer.token);
      transcript.push(outcomeOf(decision));
    } else if (command < 8 && tokens.length > 0) {
      const token = random.pick(tokens.slice(-6));
      const decision = await bearer(node, token, { rotate: random.int(4) > 0 });
      if (decision.kind === "allowed") {
        if (decision.offer) tokens.push(decision.offer.token);
        if (decision.caller.session) refs.push(decision.caller.session.ref);
      }
      transcript.push(outcomeOf(decision));
      if (decision.kind === "allowed" && decision.offer && random.int(2) === 0) {
        // The next token comes into use, and the one before it too late.
        transcript.push(outcomeOf(await bearer(node, decision.offer.token)));
        await pass(world, durations.overlapMs + 1);
        transcript.push(outcomeOf(await bearer(node, token)));
      }
    } else if (command === 8) {
      transcript.push(await node.sessions.list({ subject: user }));
    } else if (refs.length > 0 && random.int(3) === 0) {
      transcript.push(await node.sessions.end(random.pick(refs)));
    } else if (random.int(6) === 0) {
      transcript.push(await node.sessions.endSubject(user));
    }
  }
  await nodes[0]?.close();
  transcript.push(events);
  return JSON.parse(JSON.stringify(transcript)) as unknown[];
}

test("15. The same commands with the same seed give the same outcomes on every store", async (t) => {
  const { seed } = createRandom(process.env.SEED === undefined ? undefined : Number(process.env.SEED));
  t.diagnostic(`SEED=${seed}`);
  const kinds = new Set<string>();
  const missing = () => everyKind.filter((kind) => !kinds.has(kind));
  // As many lives as it takes to meet every kind of event, and at least five.
  for (let life = 0; life < 5 || (missing().length > 0 && life < 60); life += 1) {
    const own = seed + life;
    const [first, ...others] = await Promise.all(Object.values(stores).map((store) => run(store, own)));
    for (const other of others) assert.deepEqual(other, first);
    for (const { kind } of (first?.at(-1) ?? []) as { kind: string }[]) kinds.add(kind);
  }
  assert.deepEqual(missing(), []);
});
