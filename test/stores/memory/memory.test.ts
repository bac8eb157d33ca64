import assert from "node:assert/strict";
import cluster from "node:cluster";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemPlatform } from "../../../src/base/platform.js";
import type { SessionRules } from "../../../src/model/session.js";
import type { NewSession } from "../../../src/model/store.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { describeStore } from "../../../src/testing/store/suite.js";

describeStore("memory", {
  clock: "platform",
  create: (platform) => ({ store: memory({ platform }) }),
});

const rules: SessionRules = {
  policy: "confirm-then-cut",
  rotateAfterMs: 60_000,
  overlapMs: 5_000,
  stragglerMs: 45_000,
  lifetimeMs: 120_000,
  idleMs: 600_000,
  absoluteMs: 3_600_000,
  unclaimedMs: 120_000,
};
const caps = { claimed: 10, unclaimed: 10 };
const session = (ref: string): NewSession => ({
  realm: "example",
  ref,
  subject: "ada",
  actor: null,
  identity: '{"subject":"ada"}',
  scheme: "basic",
  rules: { ...rules },
  keyId: 1,
  claimed: true,
});

test("it answers at once, without a promise", () => {
  const store = memory();
  const opened = store.openSession(session("a"), caps, true);
  assert.ok(!(opened instanceof Promise));
  assert.ok(!(store.loadSession("a") instanceof Promise));
  assert.ok(!(store.swapSession(opened, { confirmedAt: opened.now }, false) instanceof Promise));
});

test("equal rules and identities of a subject are kept once", async () => {
  const store = memory();
  const first = await store.openSession(session("a"), caps, true);
  const second = await store.openSession(session("b"), caps, true);
  assert.equal(first.row.rules, second.row.rules);
});

test("a worker of node:cluster is refused with a way out", async () => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL("./memory-in-worker.js", import.meta.url)), execArgv: [] });
  const [said] = await once(cluster.fork(), "message");
  assert.match(said, /^invalid_options: memory\(\) keeps sessions in one process.*use sqlite\(path\)/);
});

test("log-ins beyond the cap leave nothing behind", async () => {
  let now = 1_000_000;
  const store = memory({ platform: { ...systemPlatform, now: () => now } });
  for (let count = 0; count < 5_000; count++) await store.openSession(session(`s${count}`), caps, false);
  assert.equal((await store.listSessions({ realm: "example", limit: 10_000 })).length, caps.claimed);
  now += 3_600_000;
  assert.equal(await store.purge(10_000), caps.claimed);
});
