import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { type KeyRing, randomKeys } from "../../src/keys/key-ring.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const peer = { address: "192.0.2.1", trusted: false };
const { platform } = createWorld();

/** An engine, and how often its store was asked for a session. */
function start(options: { readonly realm?: string; readonly keys?: KeyRing; readonly store?: Store } = {}) {
  const reads = { count: 0 };
  const store = options.store ?? memory({ platform });
  const auth = createAuth({
    ...options,
    platform,
    handlers: [basic({ verify: (user) => ({ subject: user }) })],
    store: {
      ...store,
      loadSession(ref) {
        reads.count++;
        return store.loadSession(ref);
      },
    },
  });
  const ask = async (token: string) => {
    const rawHeaders = ["Authorization", `Bearer ${token}`];
    const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer });
    return decision.kind === "denied" ? decision.reason : decision.kind;
  };
  const logIn = async () => {
    const outcome = await auth.logIn(
      { scheme: "Basic", payload: btoa("ada:x") },
      { peer, target: { method: "", path: "" } },
    );
    assert.equal(outcome.kind, "opened");
    return (outcome as { readonly token: string }).token;
  };
  return { auth, ask, logIn, reads, store };
}

test("a token with any one character changed is refused, and the store is not asked", async () => {
  const { ask, logIn, reads } = start();
  const token = await logIn();
  for (let at = "sps_".length; at < token.length; at++) {
    for (const other of token[at] === "A" ? ["B", "_"] : ["A", "_"]) {
      const forged = token.slice(0, at) + other + token.slice(at + 1);
      if (forged !== token) assert.equal(await ask(forged), "invalid_token", forged);
    }
  }
  for (const forged of [token.slice(0, -1), `${token}A`, `${token}==`, `${token}.`, "sps_", token.toUpperCase()]) {
    assert.equal(await ask(forged), "invalid_token", forged);
  }
  assert.equal(reads.count, 0);
  assert.equal(await ask(token), "allowed");
  assert.equal(reads.count, 1);
});

test("a token of another realm is worth nothing here, even with the same keys and the same store", async () => {
  const keys = randomKeys(platform);
  const one = start({ realm: "one", keys });
  const two = start({ realm: "two", keys, store: one.store });
  const token = await one.logIn();
  assert.equal(await two.ask(token), "invalid_token");
  assert.equal(two.reads.count, 0);
  assert.equal(await one.ask(token), "allowed");
});

test("a token signed by other keys is worth nothing here, even for the same realm and store", async () => {
  const one = start();
  const two = start({ store: one.store });
  assert.equal(await two.ask(await one.logIn()), "invalid_token");
  assert.equal(two.reads.count, 0);
});
