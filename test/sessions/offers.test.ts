import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer } from "../../src/model/request.js";
import { counting } from "../invariants/counting-store.js";
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
} from "../invariants/nodes.js";

const { rotateAfterMs, overlapMs } = durations;
const ada = basicOf("ada", "lovelace");
const connection = (trusted = false): Peer => ({ address: "192.0.2.1", trusted });

test("a password that comes with every call is offered a token once per connection, and then costs no store call", async () => {
  let counts = new Map<string, number>();
  const { node } = createCluster({
    view(store) {
      const counted = counting(store);
      counts = counted.counts;
      return counted.store;
    },
  });
  const [one, other] = [connection(), connection()];
  const tokens = new Set([requireOffer(await present(node, ada, { peer: one }))]);
  for (let call = 0; call < 20; call += 1) {
    const decision = present(node, ada, { peer: one });
    assert.equal(requireAllowed(await decision).offer, undefined);
  }
  tokens.add(requireOffer(await present(node, ada, { peer: other })));
  assert.equal(tokens.size, 2, "nobody receives somebody else's session");
  assert.deepEqual([...counts], [["open", 2]]);
});

test("behind a trusted proxy each request is offered a token of its own, each at the cost of one write", async () => {
  const { node } = createCluster();
  const proxy = connection(true);
  const tokens = new Set<string>();
  for (let call = 0; call < 5; call += 1) tokens.add(requireOffer(await present(node, ada, { peer: proxy })));
  assert.equal(tokens.size, 5);
});

test("another user, or the same one by another scheme, on the same connection is offered a token of their own", async () => {
  const { node } = createCluster();
  const one = connection();
  requireOffer(await present(node, ada, { peer: one }));
  const bobs = requireOffer(await present(node, basicOf("bob", "builder"), { peer: one }));
  assert.equal(requireAllowed(await bearer(node, bobs)).caller.identity.subject, "bob");
  assert.equal(requireAllowed(await present(node, basicOf("bob", "builder"), { peer: one })).offer, undefined);
});

test("rotate: false offers nothing, and leaves the offer to the next call", async () => {
  const { node } = createCluster();
  const one = connection();
  assert.equal(requireAllowed(await present(node, ada, { peer: one, rotate: false })).offer, undefined);
  requireOffer(await present(node, ada, { peer: one }));
});

test("a route that wants a stronger log-in writes nothing, and leaves the offer to the next call", async () => {
  let counts = new Map<string, number>();
  const { node } = createCluster({
    view(store) {
      const counted = counting(store);
      counts = counted.counts;
      return counted.store;
    },
  });
  const one = connection();
  for (let call = 0; call < 5; call += 1) {
    const decision = await present(node, ada, { peer: one, stepUp: { acrValues: ["mfa"] } });
    requireDenied(decision, "insufficient_user_authentication");
  }
  assert.deepEqual([...counts], []);
  requireOffer(await present(node, ada, { peer: one }));
});

test("whoever presents a password sees no session, although one was offered", async () => {
  const { node } = createCluster();
  const decision = requireAllowed(await present(node, ada, { peer: connection() }));
  assert.ok(decision.offer);
  assert.equal(decision.caller.session, undefined);
  assert.equal(decision.caller.scheme, "basic");
});

test("an offer that could not be written is 503, and made again by the next call", async () => {
  let down = true;
  const { node } = createCluster({
    view: (store) => ({
      ...store,
      openSession(...values) {
        if (down) throw new Error("disk full");
        return store.openSession(...values);
      },
    }),
  });
  const one = connection();
  requireDenied(await present(node, ada, { peer: one }), "unavailable");
  down = false;
  requireOffer(await present(node, ada, { peer: one }));
});

test("an offer is usable for overlapMs, and not once its session has ended", async () => {
  const { node, world } = createCluster();
  const { token, ref } = await logIn(node);
  world.advance(rotateAfterMs);
  const { offer } = requireAllowed(await bearer(node, token));
  assert.equal(offer?.usable(), true);
  world.advance(overlapMs - 1);
  assert.equal(offer?.usable(), true);
  world.advance(1);
  assert.equal(offer?.usable(), false);
  const again = requireAllowed(await bearer(node, token)).offer;
  assert.equal(again?.token, offer?.token);
  assert.equal(again?.usable(), true);
  await node.sessions.end(ref);
  assert.equal(again?.usable(), false);
});

test("an offer to a password is not usable once the subject has ended, on any node", async () => {
  for (const by of [0, 1]) {
    const { nodes, node } = createCluster({ count: 2 });
    const { offer } = requireAllowed(await present(node, ada, { peer: connection() }));
    assert.equal(offer?.usable(), true);
    await nodes[by]?.sessions.endSubject("ada");
    assert.equal(offer?.usable(), false);
  }
});

test("an answer that leaves while the engine closes still carries its token", async () => {
  const { node, world } = createCluster();
  const { offer } = requireAllowed(await present(node, ada, { peer }));
  await node.close();
  assert.equal(offer?.usable(), true);
  world.advance(overlapMs);
  assert.equal(offer?.usable(), false);
});

test("who followed an offer until its session ended is offered another one on the same connection", async () => {
  const { node } = createCluster();
  const one = connection();
  const token = requireOffer(await present(node, ada, { peer: one }));
  const { session } = requireAllowed(await present(node, `Bearer ${token}`, { peer: one })).caller;
  await session?.end();
  requireDenied(await present(node, `Bearer ${token}`, { peer: one }), "revoked");
  assert.notEqual(requireOffer(await present(node, ada, { peer: one })), token);
});
