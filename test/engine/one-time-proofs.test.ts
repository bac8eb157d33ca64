import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { createOneTimeProofs } from "../../src/engine/one-time-proofs.js";
import { chain } from "../../src/handlers/chain.js";
import type { OneTimeProofs } from "../../src/handlers/handler.js";
import { type Handler, rejected } from "../../src/handlers/handler.js";
import { openKeys, randomKeys, type SigningKey } from "../../src/keys/key-ring.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

function setUp() {
  const world = createWorld();
  const { platform } = world;
  const kept: string[] = [];
  const inner = memory({ platform });
  const store: Store = {
    ...inner,
    put(kind, id, json, lifeMs) {
      kept.push(`${kind} ${id} ${json}`);
      return inner.put(kind, id, json, lifeMs);
    },
  };
  const ring: SigningKey[] = [{ id: 1, secret: platform.random(32), signsFrom: 0 }];
  const node = (realm = "example") =>
    createOneTimeProofs({
      realm,
      store,
      ask: (question) => question(),
      keys: openKeys({ durable: true, load: () => [...ring] }, platform),
    });
  return { ...world, kept, ring, node };
}

test("what one node puts, another takes, once", () => {
  const { node } = setUp();
  const [here, there] = [node()("publickey"), node()("publickey")];
  assert.equal(here.put("name", '"value"', 60_000), true);
  assert.equal(there.put("name", '"other"', 60_000), false);
  assert.equal(there.take("name"), '"value"');
  assert.equal(here.take("name"), undefined);
});

test("it is gone when its life is over", async () => {
  const { node, advance } = setUp();
  const proofs = node()("publickey");
  await proofs.put("name", "1", 60_000);
  advance(60_000);
  assert.equal(proofs.take("name"), undefined);
});

test("neither another scheme nor another realm reaches it, however their names are cut", async () => {
  const { node } = setUp();
  await node("a")("bc").put("d", "1", 60_000);
  for (const other of [node("ab")("c"), node("a")("b"), node("a")("bcd"), node("abc")("")]) {
    for (const name of ["d", "cd", "bcd", ""]) assert.equal(other.take(name), undefined);
  }
  assert.equal(node("a")("bc").take("d"), "1");
});

test("the name is kept as a hash", async () => {
  const { node, kept } = setUp();
  await node()("publickey").put("a secret name", "{}", 60_000);
  assert.match(kept.join(), /^challenge [\w-]{43} \{\}$/);
});

test("every node derives the same secret, each scheme, realm and input another, also after the key has changed", () => {
  const { node, ring, advance, platform } = setUp();
  const first = node()("publickey").derive("input");
  assert.equal(first?.secret.length, 32);
  assert.deepEqual(node()("publickey").derive("input"), first);
  const others = [
    node()("publickey").derive("other"),
    node()("external").derive("input"),
    node("other")("publickey").derive("input"),
  ];
  for (const other of others) assert.notDeepEqual(other?.secret, first?.secret);

  const old = node()("publickey");
  ring.push({ id: 2, secret: platform.random(32), signsFrom: platform.now() });
  advance(5_000);
  const next = node()("publickey").derive("input");
  assert.equal(next?.keyId, 2);
  assert.deepEqual(old.derive("input", 2), next);
  assert.deepEqual(node()("publickey").derive("input", 1), first);
  assert.equal(old.derive("input", 3), undefined);
});

test("a handler is given the proofs of its scheme, by header, by message and in a chain", async () => {
  const seen: OneTimeProofs[] = [];
  const handler: Handler = {
    scheme: "Key",
    opens: "session",
    fromHeader(_payload, { proofs }) {
      seen.push(proofs);
      return rejected;
    },
    fromHandshake(_payload, { proofs }) {
      seen.push(proofs);
      return rejected;
    },
  };
  const { platform } = createWorld();
  const auth = createAuth({
    handlers: [chain("Key", [handler])],
    store: memory({ platform }),
    keys: randomKeys(platform),
    realm: "example",
    platform,
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const target = { method: "GET", path: "/" };
  await auth.authenticate({ rawHeaders: ["authorization", "key x"], peer, ...target });
  await auth.logIn({ scheme: "KEY", payload: new Uint8Array() }, { peer, target });
  assert.equal(seen.length, 2);
  await seen[0]?.put("name", "1", 60_000);
  assert.equal(await seen[1]?.take("name"), "1");
  assert.equal(seen[0]?.realm, "example");
  await auth.close();
});
