import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import type { KeyRing, RevokedKey, SigningKey } from "../../src/keys/key-ring.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Store } from "../../src/model/store.js";
import { createTokenCodec } from "../../src/sessions/token.js";
import { memory } from "../../src/stores/memory/memory.js";
import {
  basicOf,
  bearer,
  durations,
  logIn,
  type Node,
  peer,
  present,
  requireAllowed,
  requireDenied,
  users,
} from "../invariants/nodes.js";
import { createWorld } from "../world.js";

/** A ring that tests change, as a file that all nodes read. */
function makeRing(world: ReturnType<typeof createWorld>, ...ids: number[]) {
  const keyOf = (id: number): SigningKey => ({ id, secret: world.platform.random(32), signsFrom: 0 });
  const state = { keys: ids.map(keyOf), revoked: [] as RevokedKey[], version: 0 };
  const ring: KeyRing = {
    durable: true,
    load: () => state.keys,
    revoked: () => state.revoked,
    version: () => String(state.version),
  };
  return {
    ring,
    state,
    put(keys: SigningKey[], revoked: RevokedKey[] = []) {
      Object.assign(state, { keys, revoked, version: state.version + 1 });
    },
    keyOf,
  };
}

function start(...ids: number[]) {
  const world = createWorld();
  const { platform } = world;
  const kept: Store = { ...memory({ platform }), durable: true, close: () => {} };
  const events: AuthEvent[] = [];
  function open(ring: KeyRing, store = kept): Node {
    return createAuth<typeof users>({
      ...{ handlers: [users], ...durations, store, platform, keys: ring },
      onEvent: (event) => event.kind.includes("key") && events.push(event),
    });
  }
  const made = makeRing(world, ...ids);
  const nodes = [open(made.ring), open(made.ring)] as const;
  const told = (kind: AuthEvent["kind"]): readonly AuthEvent[] => events.filter((event) => event.kind === kind);
  return { ...world, kept, events, told, open, nodes, ...made };
}

const codecOf = (key: SigningKey) => createTokenCodec("sallyport", { find: (id) => (id === key.id ? key : undefined) });

test("a thief who has a key and an old token makes the newest one, until the key is revoked: then all of it is over, on every node", async () => {
  const { nodes, state, put, keyOf, advance, platform, told } = start(4_001);
  const [one, two] = nodes;
  const [stolen] = state.keys as [SigningKey];
  const { token } = await logIn(one);
  const thief = codecOf(stolen);
  const fields = thief.decode(token);
  assert.ok(typeof fields === "object");
  const forge = (generation: number): string => thief.encode({ ...fields, generation }) ?? "";
  const { session } = requireAllowed(await bearer(two, forge(5))).caller;
  const ends: string[] = [];
  session?.onEnd((reason) => ends.push(reason));
  assert.equal((await one.sessions.list()).length, 1);

  advance(10);
  const fresh = keyOf(4_002);
  put([fresh], [{ id: stolen.id, at: platform.now() }]);
  advance(1_000);
  for (const node of nodes) {
    requireDenied(await bearer(node, token), "invalid_token");
    requireDenied(await bearer(node, forge(5)), "invalid_token");
    requireDenied(await bearer(node, forge(6)), "invalid_token");
    // Were the session's newest token made with the key that nobody stole, it would be as void: the row is over.
    requireDenied(
      await bearer(node, codecOf(fresh).encode({ ...fields, generation: 5, keyId: 4_002 }) ?? ""),
      "revoked",
    );
    assert.deepEqual(await node.sessions.list(), []);
  }
  assert.deepEqual(ends, ["key revoked"], "its streams ended");
  assert.deepEqual(
    told("keys-revoked"),
    [0, 1].map(() => ({ kind: "keys-revoked", keyIds: [4_001] })),
  );
  assert.deepEqual(told("unknown-key"), [], "what was revoked is known");

  const again = await logIn(two);
  requireAllowed(await bearer(one, again.token));
  const known = codecOf(fresh).decode(again.token);
  assert.ok(typeof known === "object");
  requireDenied(await bearer(one, thief.encode({ ...known, keyId: stolen.id, generation: 9 }) ?? ""), "invalid_token");
  requireAllowed(await bearer(one, again.token));
});

test("a key that no longer signs is as dangerous: its revocation ends every session that had opened, and a node that starts later knows it", async () => {
  const { nodes, state, put, keyOf, advance, platform, open, ring } = start(4_001, 4_002);
  const [old, signs] = state.keys as [SigningKey, SigningKey];
  const { token } = await logIn(nodes[0]);
  assert.equal((codecOf(signs).decode(token) as { keyId: number }).keyId, 4_002);
  requireAllowed(await bearer(nodes[1], token));
  put([signs], [{ id: old.id, at: platform.now() }]);
  advance(1_000);
  for (const node of [...nodes, open(ring)]) requireDenied(await bearer(node, token), "revoked");
  // Another key that is added ends nothing more.
  const { token: later } = await logIn(nodes[0]);
  put([signs, keyOf(4_003)], [...state.revoked]);
  advance(1_000);
  for (const node of nodes) requireAllowed(await bearer(node, later));
});

test("a session that a lagging node opened with a revoked key is over, too", async () => {
  const { nodes, state, put, keyOf, advance, platform, open } = start(4_001);
  const [stolen] = state.keys as [SigningKey];
  const lagging = open({ durable: true, load: () => [stolen] });
  put([keyOf(4_002)], [{ id: stolen.id, at: platform.now() }]);
  advance(1_000);
  await logIn(lagging);
  assert.deepEqual(await nodes[0].sessions.list(), []);
});

test("a start with a ring that lacks the key of live sessions is told and not ready, until the ring is put back", async () => {
  const { nodes, state, put, advance, open, told, keyOf } = start(4_001);
  const [right] = state.keys as [SigningKey];
  const { token } = await logIn(nodes[0]);
  assert.equal(nodes[0].front.obstacle(), undefined);
  const foreign = makeRing(createWorld(9), 4_001 + 7);
  const node = open(foreign.ring);
  const text =
    "the key ring lacks key 4001, which signed 1 of 1 live sessions: their tokens get 401. This is the ring of another deployment or an old copy";
  assert.ok(node.front.obstacle()?.startsWith(text), node.front.obstacle());
  assert.match(
    node.front.obstacle() ?? "",
    /put the one that signed back, and it is taken within seconds; or end these/,
  );
  const missing = { kind: "keys-missing", keyIds: [4_001], sessions: 1, of: 1, foreign: true };
  assert.deepEqual(told("keys-missing"), [missing]);
  requireDenied(await bearer(node, token), "invalid_token");
  assert.deepEqual(told("unknown-key"), [{ kind: "unknown-key", keyId: 4_001, tokens: 1 }]);
  requireDenied(await bearer(node, token), "invalid_token");
  assert.equal(told("unknown-key").length, 1, "once a minute");
  advance(4_000);
  foreign.put([right]);
  advance(1_000);
  assert.equal(node.front.obstacle(), undefined);
  assert.deepEqual(told("keys-recovered"), [{ kind: "keys-recovered" }]);
  requireAllowed(await bearer(node, token));
  put([right, keyOf(4_002)]);
  assert.equal(told("keys-missing").length, 1);
});

test("another ring is meant where the sessions of before were ended: it is told no more, and ready", async () => {
  const { nodes, advance, open, told } = start(4_001);
  const { ref } = await logIn(nodes[0]);
  const node = open(makeRing(createWorld(9), 4_009).ring);
  assert.notEqual(node.front.obstacle(), undefined);
  await nodes[0].sessions.end(ref);
  advance(5_000);
  assert.equal(node.front.obstacle(), undefined);
  assert.equal(told("keys-recovered").length, 1);
});

test("a key that left the ring before the last of its sessions is told, and the node stays ready", async () => {
  const { nodes, state, open, told, keyOf } = start(4_001);
  const [old] = state.keys as [SigningKey];
  await logIn(nodes[0]);
  const next = { ...keyOf(4_002), signsFrom: 1 };
  const both = open({ durable: true, load: () => [old, next] });
  for (let session = 0; session < 2; session++) await logIn(both);
  const node = open({ durable: true, load: () => [next] });
  assert.equal(node.front.obstacle(), undefined);
  assert.deepEqual(told("keys-missing"), [
    { kind: "keys-missing", keyIds: [4_001], sessions: 1, of: 3, foreign: false },
  ]);
});

test("offers that no client took up do not hide that the ring is another deployment's", async () => {
  const { nodes, open, advance } = start(4_001);
  await logIn(nodes[0]);
  const node = open(makeRing(createWorld(9), 4_009).ring);
  for (let call = 0; call < 3; call++) {
    requireAllowed(await present(node, basicOf("ada", "lovelace"), { peer: { ...peer } }));
  }
  advance(5_000);
  assert.match(node.front.obstacle() ?? "", /lacks key 4001, which signed 1 of 1 live sessions/);
});

test("a node to which the key that others sign with has not come is told and not ready, until it comes", async () => {
  const { nodes, state, put, keyOf, advance, open, told } = start(4_001);
  const [old] = state.keys as [SigningKey];
  const next = { ...keyOf(4_002), signsFrom: 1 };
  const lagging = { keys: [old], version: 0 };
  const node = open({ durable: true, load: () => lagging.keys, version: () => String(lagging.version) });
  put([old, next]);
  advance(1_000);
  const { token } = await logIn(nodes[0]);
  advance(60_000);
  assert.match(node.front.obstacle() ?? "", /lacks key 4002, which signed 1 of 1 live sessions/);
  assert.equal(told("keys-missing").length, 1);
  Object.assign(lagging, { keys: [old, next], version: 1 });
  advance(1_000);
  assert.equal(node.front.obstacle(), undefined);
  requireAllowed(await bearer(node, token));
});

test("a store that cannot say yet is asked again, and the callers' own failures are all that is reported", async () => {
  const { nodes, advance, open, events, kept } = start(4_001);
  await logIn(nodes[0]);
  let down = true;
  const store: Store = {
    ...kept,
    listSessions(query) {
      if (down) throw new Error("down");
      return kept.listSessions(query);
    },
  };
  const node = open(makeRing(createWorld(9), 4_009).ring, store);
  assert.deepEqual([node.front.obstacle(), events], [undefined, []]);
  down = false;
  advance(5_000);
  assert.match(node.front.obstacle() ?? "", /lacks key 4001/);
});

test("tokens of another deployment are counted, and told once a minute", async () => {
  const { nodes, advance, told } = start(4_001);
  const key = { id: 777, secret: new Uint8Array(32), signsFrom: 0 };
  const token = codecOf(key).encode({ keyId: 777, sessionId: new Uint8Array(16), generation: 1, issuedAt: 0 }) ?? "";
  for (let call = 0; call < 3; call++) requireDenied(await bearer(nodes[0], token), "invalid_token");
  advance(60_000);
  requireDenied(await bearer(nodes[0], token), "invalid_token");
  assert.deepEqual(
    told("unknown-key").map((event) => event.kind === "unknown-key" && [event.keyId, event.tokens]),
    [
      [777, 1],
      [777, 3],
    ],
  );
});
