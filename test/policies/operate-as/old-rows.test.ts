import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openKeys, randomKeys } from "../../../src/keys/key-ring.js";
import { createTokenCodec, toRef } from "../../../src/sessions/token.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { createWorld } from "../../world.js";
import { start } from "./operate-as-world.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));

/** The tables of schema 1, as the first version made them. */
const schemaOne = `
create table sessions (id integer primary key, ref text not null unique, version integer not null, subject text not null,
  actor text, identity text not null, scheme text not null, rules text not null, generation integer not null,
  issued_at integer not null, key_id integer not null, confirmed_at integer, previous_confirmed_at integer,
  touched_at integer not null, created_at integer not null, claimed integer not null, revoked_at integer,
  revoked_reason text, over_at integer not null, removable_at integer not null, absolute_at integer not null,
  check_at integer not null, state_version integer not null default 0, state_json text);
create index sessions_by_subject on sessions (subject, claimed);
create index sessions_by_actor on sessions (actor) where actor is not null;
create index sessions_by_check on sessions (check_at);
create table proofs (kind text not null, id text not null, json text not null, over_at integer not null,
  primary key (kind, id)) without rowid;
create index proofs_by_over on proofs (over_at);
create table ends (id integer primary key autoincrement, kind text not null, name text not null, reason text not null,
  at integer not null);
create index ends_by_name on ends (kind, name);
create index ends_by_at on ends (at);
pragma application_id = ${0x53614c79};
pragma user_version = 1;
`;

const rules = {
  ...{ policy: "confirm-then-cut", rotateAfterMs: 60_000, overlapMs: 1_000, stragglerMs: 2_000 },
  ...{ lifetimeMs: 120_000, idleMs: 600_000, absoluteMs: 3_600_000, unclaimedMs: 120_000 },
};

test("rows of an earlier version open: they go on, and a nested one ends with the session that it came from", async () => {
  const { platform } = createWorld();
  const ring = randomKeys(platform);
  const codec = createTokenCodec("sallyport", openKeys(ring, platform));
  const now = platform.now();
  const path = join(folder, "old.db");
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(schemaOne);
  const insert =
    database.prepare(`insert into sessions (ref, version, subject, actor, identity, scheme, rules, generation,
    issued_at, key_id, touched_at, created_at, claimed, over_at, removable_at, absolute_at, check_at)
    values (?, 1, ?, ?, ?, 'basic', '${JSON.stringify(rules)}', 1, ${now}, 1, ${now}, ${now}, 1, ${now + 600_000},
    ${now + 1_200_000}, ${now + 3_600_000}, ${now + 1_200_000})`);
  const add = (seed: number, subject: string, actor: string | null, content: object) => {
    const sessionId = new Uint8Array(16).fill(seed);
    insert.run(toRef(sessionId), subject, actor, JSON.stringify(content));
    const token = codec.encode({ keyId: 1, sessionId, generation: 1, issuedAt: Math.floor(now / 1_000) });
    assert.ok(token !== undefined);
    return { ref: toRef(sessionId), token };
  };
  // A fraction, as a verdict could hold then.
  const ada = { subject: "ada", roles: ["support"] };
  const bob = { subject: "bob", roles: ["user"] };
  const plain = add(1, "ada", null, { identity: ada, authenticatedAt: now - 0.5 });
  const lent = add(2, "bob", "ada", { identity: bob, actor: ada, grant: { reason: "r" } });
  const actor = { ...bob, actor: ada };
  const grant = { parent: lent.ref };
  const nested = add(3, "dave", "bob", { identity: { subject: "dave", roles: ["user"] }, actor, grant });
  database.close();

  const store = sqlite(path, { platform });
  const world = start(
    [
      { actors: ["ada"], targets: ["bob"] },
      { actors: ["bob"], targets: ["dave"], nested: true },
    ],
    { store, platform, keys: ring, realm: "sallyport" },
  );
  assert.equal((await world.callerOf(plain.token)).authenticatedAt, now - 1);
  assert.equal((await world.callerOf(lent.token)).actor?.subject, "ada");
  assert.equal((await world.callerOf(nested.token)).actor?.actor?.subject, "ada");
  assert.equal((await world.auth.sessions.list()).length, 3);
  await world.auth.sessions.end(lent.ref);
  const decision = await world.call(nested.token);
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
  assert.equal((await world.callerOf(plain.token)).identity.subject, "ada");
  await world.auth.close();
});

test("a grant of an earlier version, which did not keep the credentials, holds by no rule that asks about them", async () => {
  const { platform } = createWorld();
  const grant = { reason: "r" };
  for (const [more, kind] of [
    [{}, "allowed"],
    [{ schemes: ["Basic"] }, "denied"],
    [{ maxAgeMs: 60_000 }, "denied"],
  ] as const) {
    const world = start([{ actors: ["ada"], targets: ["bob"] }], { maxStalenessMs: 0 });
    const store = sqlite(":memory:", { platform: world.platform });
    const keys = randomKeys(platform);
    const inner = start(world.current.rules, { store, keys, platform: world.platform, maxStalenessMs: 0 });
    const opened = await inner.opened("ada", "bob");
    const old = {
      ...store,
      loadSession: (ref: string) => {
        const reading = store.loadSession(ref);
        assert.ok(reading !== undefined && !(reading instanceof Promise));
        const content = { ...JSON.parse(reading.row.identity), grant };
        return { ...reading, row: { ...reading.row, identity: JSON.stringify(content) } };
      },
    };
    const rule = { actors: ["ada"], targets: ["bob"], ...more };
    const node = start([rule], { store: old, keys, platform: world.platform, maxStalenessMs: 0 });
    assert.equal((await node.call(opened.token)).kind, kind, JSON.stringify(more));
  }
});
