import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { hangMs } from "../size.js";
import { createWorld, type World } from "../world.js";
import { counting } from "./counting-store.js";
import {
  basicOf,
  bearer,
  createCluster,
  durations,
  logIn,
  peer,
  present,
  requireAllowed,
  requireDenied,
  requireOffer,
} from "./nodes.js";

const { idleMs, absoluteMs, rotateAfterMs } = durations;

const stores: Readonly<Record<string, (world: World) => Store>> = {
  memory: ({ platform }) => memory({ platform }),
  sqlite: ({ platform }) => sqlite(":memory:", { platform }),
};

for (const [name, store] of Object.entries(stores)) {
  test(`16. Expired rows go by themselves, live ones never: ${name}`, async () => {
    const cluster = createCluster({ store });
    const { world, node } = cluster;
    const idle = await Promise.all(Array.from({ length: 20 }, () => logIn(node)));
    const offered = requireOffer(await present(node, basicOf("ada", "lovelace")));
    let { token, ref } = await logIn(node, "bob");
    const has = async (each: string): Promise<boolean> => (await cluster.store.loadSession(each)) !== undefined;
    for (let passed = 0; passed < 2 * idleMs + rotateAfterMs; passed += rotateAfterMs) {
      world.advance(rotateAfterMs);
      await new Promise(setImmediate);
      token = requireAllowed(await bearer(node, token)).offer?.token ?? token;
      assert.ok(await has(ref));
    }
    for (const each of idle) assert.equal(await has(each.ref), false);
    requireDenied(await bearer(node, offered), "expired");
    // A revoked row keeps answering so until its absolute limit, and then it goes too.
    await node.sessions.end(ref);
    world.advance(rotateAfterMs);
    await new Promise(setImmediate);
    assert.ok(await has(ref));
    world.advance(absoluteMs);
    await new Promise(setImmediate);
    world.advance(rotateAfterMs);
    await new Promise(setImmediate);
    assert.equal(await has(ref), false);
    await node.close();
  });

  test(`16. State is bounded by live sessions: offers that nobody takes and log-ins beyond the cap, ${name}`, async () => {
    const cluster = createCluster({ store, maxSessionsPerSubject: 5, maxUnclaimedPerSubject: 7 });
    const { node } = cluster;
    for (let count = 0; count < 30; count += 1) {
      requireOffer(await present(node, basicOf("ada", "lovelace"), { peer: { ...peer } }));
      await logIn(node, "ada");
    }
    const rows = await cluster.store.listSessions({ realm: "sallyport", limit: 1_000 });
    assert.equal(rows.filter(({ claimed }) => claimed).length, 5);
    assert.equal(rows.filter(({ claimed }) => !claimed).length, 7);
    await node.close();
  });
}

test("16. A node remembers no more than maxKnownSessions, and asks the store about the others", async () => {
  const maxKnownSessions = 10;
  let counts = new Map<string, number>();
  const { node } = createCluster({
    maxKnownSessions,
    view(store) {
      const counted = counting(store);
      counts = counted.counts;
      return counted.store;
    },
  });
  const tokens: string[] = [];
  for (let count = 0; count < 50; count += 1) tokens.push((await logIn(node)).token);
  const before = counts.get("load") ?? 0;
  for (const token of tokens.slice(-maxKnownSessions)) requireAllowed(await bearer(node, token));
  assert.equal(counts.get("load"), before);
  for (const token of tokens.slice(0, -maxKnownSessions)) requireAllowed(await bearer(node, token));
  assert.equal(counts.get("load"), before + 40);
});

test("16. After close() nothing is asked of the store, whatever was under way", async () => {
  const world = createWorld();
  let asked = 0;
  let closed = false;
  const { node, events } = createCluster({
    world,
    view(store) {
      const watched = Object.fromEntries(
        Object.entries(store).map(([name, member]) => [
          name,
          typeof member !== "function"
            ? member
            : (...values: unknown[]) => {
                if (closed) asked += 1;
                return (member as (...values: unknown[]) => unknown)(...values);
              },
        ]),
      );
      return watched as unknown as Store;
    },
  });
  const { token } = await logIn(node);
  const session = requireAllowed(await bearer(node, token)).caller.session;
  let ended = 0;
  session?.onEnd(() => {
    ended += 1;
  });
  const before = events.length;
  await node.close();
  closed = true;
  await node.close();
  for (let passed = 0; passed < 3 * idleMs; passed += 1_000) {
    world.advance(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(asked, 0);
  assert.equal(ended, 0);
  assert.equal(events.length, before);
});

test("16. Timers do not keep the process alive", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-exit-"));
  try {
    const script = fileURLToPath(new URL("./exits-by-itself.js", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, join(folder, "sessions.db")], {
      timeout: hangMs,
      encoding: "utf8",
    });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "done\n", stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
