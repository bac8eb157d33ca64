import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import { memory } from "../../src/stores/memory/memory.js";
import { readOnly } from "../../src/stores/read-only.js";
import { createWorld } from "../world.js";

const key = "u7Qm2Zx9Lr4Wc8Tn1Vb6Ky3Hp5Jd0Gs";

test("an engine on it answers as on the store itself, and the store is as it was", async () => {
  const { platform } = createWorld();
  const store = memory({ platform });
  const keys = randomKeys();
  const parts = { handlers: [preSharedKey({ scheme: "Key", keys: { robot: { key } } })], keys, platform };
  const real = createAuth({ ...parts, store });
  const looking = createAuth({ ...parts, store: readOnly(store) });
  const requestOf = (authorization: string) => ({
    ...{ method: "GET", path: "/", peer: { address: "", trusted: false } },
    rawHeaders: ["authorization", authorization],
  });
  // Credentials that open a session: one is offered, and no store knows it.
  const offered = await looking.authenticate(requestOf(`Key ${key}`));
  assert.ok(offered.kind === "allowed" && offered.offer !== undefined);
  assert.deepEqual(await store.listSessions({ realm: "example", after: "", limit: 10 }), []);
  const unknown = await real.authenticate(requestOf(`Bearer ${offered.offer.token}`));
  assert.equal(unknown.kind === "denied" && unknown.reason, "expired");

  // A token: it is not confirmed.
  const decision = await real.authenticate(requestOf(`Key ${key}`));
  const token = decision.kind === "allowed" ? decision.offer?.token : undefined;
  const before = await store.listSessions({ realm: "example", after: "", limit: 10 });
  assert.equal((await looking.authenticate(requestOf(`Bearer ${token}`))).kind, "allowed");
  assert.deepEqual(await store.listSessions({ realm: "example", after: "", limit: 10 }), before);

  // A one-time proof: it is there to be used.
  const blind = readOnly(store);
  assert.equal(await blind.put("challenge", "x", "{}", 1_000), true);
  assert.equal(await store.take("challenge", "x"), undefined);
  assert.equal(await blind.endSession(before[0]?.ref ?? "", "logout"), false);
  assert.throws(() => blind.endSubject("robot", "disabled", "example"), /reading only/);
  assert.deepEqual(await store.listSessions({ realm: "example", after: "", limit: 10 }), before);
  await looking.close();
  await real.close();
});

test("a session that has lost the one that it began from is refused, and not ended", async () => {
  const { platform } = createWorld();
  const store = memory({ platform });
  const keys = randomKeys();
  const parts = { handlers: [preSharedKey({ scheme: "Key", keys: { robot: { key } } })], keys, platform };
  const real = createAuth({ ...parts, store });
  const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
  const own = await real.logIn({ scheme: "Key", payload: key }, context);
  assert.ok(own.kind === "opened");
  const issued = await real.tickets.issue(own.caller, { service: "worker" });
  const redeemed = await real.tickets.redeem(issued.kind === "issued" ? issued.ticket : "", "worker");
  assert.ok(redeemed.kind === "redeemed");
  const opened = await real.tickets.open(redeemed, context);
  assert.ok(opened.kind === "opened");
  await real.close();
  // No node is there to end in the store what began from it.
  await store.endSession(own.session.ref, "logout");
  const looking = createAuth({ ...parts, store: readOnly(store) });
  const rawHeaders = ["authorization", `Bearer ${opened.token}`];
  const decision = await looking.authenticate({ method: "GET", path: "/", peer: context.peer, rawHeaders });
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
  assert.equal((await store.loadSession(opened.session.ref))?.row.revokedAt, null);
  await looking.close();
});
