import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import type { Session } from "../../src/model/session.js";
import { memory } from "../../src/stores/memory/memory.js";
import { bearer, createCluster, logIn, type Node, requireAllowed, users } from "../invariants/nodes.js";
import { createWorld } from "../world.js";

const secret = "the upstream's token";

const live = { leaseMs: 0, isOver: false };

/** Two nodes with one store and one ring, and a function that presents a token to one of them. */
async function world() {
  const cluster = createCluster({ count: 2 });
  const [one, other] = cluster.nodes as readonly [Node, Node];
  const sessionOf = async (node: Node, token: string): Promise<Session> =>
    requireAllowed(await bearer(node, token, { rotate: false })).caller.session ?? assert.fail();
  const ada = await logIn(one, "ada");
  const bob = await logIn(one, "bob");
  return { ...cluster, one, other, ada, bob, sessionOf, slots: one.front.sealed };
}

test("what is kept beside a session is for every node that has seen a token of it", async () => {
  const { one, other, ada, sessionOf, slots, world: clock } = await world();
  const session = await sessionOf(one, ada.token);
  assert.deepEqual(await slots.load(session, "db"), { ...live, version: 0, content: undefined });
  assert.equal(await slots.swap(session, "db", 0, undefined, 10_000), true);
  assert.equal(await slots.swap(session, "db", 0, secret, 0), false);
  const elsewhere = other.front.sealed;
  assert.equal(await elsewhere.load(session, "db"), undefined, "it has seen no token");
  assert.equal(await elsewhere.swap(session, "db", 1, secret, 0), false);
  await sessionOf(other, ada.token);
  clock.advance(4_000);
  assert.deepEqual(await elsewhere.load(session, "db"), { ...live, version: 1, content: undefined, leaseMs: 6_000 });
  assert.equal(await elsewhere.swap(session, "db", 1, secret, 0), true);
  assert.deepEqual(await slots.load(session, "db"), { ...live, version: 2, content: secret });
  await session.end();
  assert.deepEqual(await slots.load(session, "db"), { version: 2, content: secret, leaseMs: 0, isOver: true });
  assert.equal(await slots.swap(session, "db", 2, secret, 0), false);
});

test("the store never sees what is kept, and no two seals are alike", async () => {
  const { one, ada, sessionOf, slots, store } = await world();
  const session = await sessionOf(one, ada.token);
  const seen = new Set<string>();
  for (const version of [0, 1, 2]) {
    await slots.swap(session, "db", version, secret, 0);
    const text = (await store.loadSealed(ada.ref, "db"))?.content ?? assert.fail();
    assert.ok(!text.includes(secret) && !Buffer.from(text, "base64url").includes(secret));
    seen.add(text);
  }
  assert.equal(seen.size, 3);
});

test("ring and database together do not open it: the key is made with the session id, which is in tokens only", async () => {
  const { one, ada, sessionOf, slots, store, keys } = await world();
  await slots.swap(await sessionOf(one, ada.token), "db", 0, secret, 0);
  const bytes = Buffer.from((await store.loadSealed(ada.ref, "db"))?.content ?? "", "base64url");
  const [key] = keys.load();
  const sessionId = Buffer.from(ada.token.slice("sps_".length), "base64url").subarray(3, 19);
  const open = (salt: Uint8Array | string): string => {
    const info = `sallyport upstream 1\0${one.front.realm}\0db`;
    const derived = new Uint8Array(hkdfSync("sha256", key?.secret ?? "", salt, info, 32));
    const opening = createDecipheriv("aes-256-gcm", derived, bytes.subarray(3, 15));
    opening.setAAD(Buffer.from(JSON.stringify([ada.ref, "db", key?.id, 1]))).setAuthTag(bytes.subarray(-16));
    return opening.update(bytes.subarray(15, -16), undefined, "utf8") + opening.final("utf8");
  };
  assert.equal(open(sessionId), secret);
  for (const known of ["", ada.ref, Buffer.from(ada.ref, "base64url")]) assert.throws(() => open(known));
});

test("a seal that was moved to another session, name or version, or was changed, does not open", async () => {
  const { one, ada, bob, sessionOf, slots, store } = await world();
  const [hers, his] = [await sessionOf(one, ada.token), await sessionOf(one, bob.token)];
  await slots.swap(hers, "db", 0, secret, 0);
  const sealed = (await store.loadSealed(ada.ref, "db"))?.content ?? assert.fail();
  const opens = async (session: Session, name: string, version: number, content: string): Promise<unknown> => {
    for (let from = 0; from < version; from += 1) await store.swapSealed(session.ref, name, from, content, 0);
    const found = await slots.load(session, name);
    assert.equal(found?.version, version);
    return found?.content;
  };
  assert.equal(await opens(hers, "same", 1, sealed), undefined, "another name");
  assert.equal(await opens(his, "db", 1, sealed), undefined, "another session");
  assert.equal((await slots.load(hers, "db"))?.content, secret);
  await slots.swap(hers, "db", 1, "newer", 0);
  await store.swapSealed(hers.ref, "db", 2, sealed, 0);
  assert.deepEqual(await slots.load(hers, "db"), { ...live, version: 3, content: undefined }, "an older version");
  const bytes = Buffer.from(sealed, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    assert.equal(await opens(hers, `at ${index}`, 1, changed.toString("base64url")), undefined, `byte ${index}`);
  }
  for (const text of ["", "AQ", "not base64url at all", sealed.slice(0, 20)]) {
    assert.equal(await opens(hers, `text ${text}`, 1, text), undefined, text);
  }
});

test("a key that is gone opens nothing, and one that only verifies still opens", async () => {
  const secrets = [1, 2].map((id) => ({ id, secret: Buffer.alloc(32, id), signsFrom: 0 }));
  let held = secrets.slice(0, 1);
  let revoked: { id: number; at: number }[] = [];
  const keys: KeyRing = {
    durable: true,
    load: () => held,
    revoked: () => revoked,
    version: () => `${held.length}${revoked.length}`,
  };
  const { platform, advance } = createWorld();
  const auth = createAuth({ handlers: [users], keys, store: memory({ platform }), platform, onEvent: () => {} });
  const { token } = await logIn(auth, "ada");
  const session = requireAllowed(await bearer(auth, token)).caller.session ?? assert.fail();
  await auth.front.sealed.swap(session, "db", 0, secret, 0);
  held = secrets;
  advance(1_000);
  assert.equal((await auth.front.sealed.load(session, "db"))?.content, secret);
  await auth.front.sealed.swap(session, "new", 0, secret, 0);
  revoked = [{ id: 2, at: 0 }];
  held = secrets.slice(0, 1);
  advance(1_000);
  assert.equal((await auth.front.sealed.load(session, "new"))?.content, undefined);
  await auth.close();
});
