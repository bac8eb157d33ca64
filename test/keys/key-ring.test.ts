import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import {
  type KeyRing,
  type KeysObserver,
  openKeys,
  type RevokedKey,
  randomKeys,
  type SigningKey,
} from "../../src/keys/key-ring.js";
import { createWorld } from "../world.js";

const secret = new Uint8Array(32).fill(7);
const keyOf = (id: number, signsFrom = 0): SigningKey => ({ id, secret, signsFrom });

/** A ring that tests change, and that counts how often it is read. */
function start(...first: SigningKey[]) {
  const world = createWorld();
  let keys: readonly SigningKey[] | undefined = first;
  let reads = 0;
  let revoked: readonly RevokedKey[] = [];
  let version = "1";
  const ring: KeyRing = {
    durable: true,
    revoked: () => revoked,
    version: () => version,
    load() {
      reads += 1;
      if (keys === undefined) throw new Error("half-written");
      return keys;
    },
  };
  return {
    ...world,
    open: (observer?: KeysObserver) => openKeys(ring, world.platform, observer),
    revoke: (...ids: number[]) => {
      revoked = ids.map((id) => ({ id, at: world.platform.now() }));
    },
    touch: () => {
      version += "1";
    },
    openTelling: (failed: (error: unknown, repeated: boolean) => void) => openKeys(ring, world.platform, { failed }),
    put: (...next: SigningKey[]) => {
      keys = next;
    },
    breakFile: () => {
      keys = undefined;
    },
    reads: () => reads,
  };
}

const refused: readonly (readonly [keys: readonly SigningKey[], message: string])[] = [
  [[], "no key in the ring signs yet; add one whose signsFrom has passed"],
  [[keyOf(1, 4e12)], "no key in the ring signs yet; add one whose signsFrom has passed"],
  [[keyOf(1), keyOf(1, 5)], "two keys have the id 1; give each its own"],
  [[keyOf(0)], "key id 0 is not a whole number from 1 to 65535"],
  [[keyOf(65_536)], "key id 65536 is not a whole number from 1 to 65535"],
  [[keyOf(1.5)], "key id 1.5 is not a whole number from 1 to 65535"],
  [
    [{ id: 3, secret: new Uint8Array(31), signsFrom: 0 }],
    "the secret of key 3 is shorter than 32 bytes; make a random one",
  ],
];

test("a ring that could not work is refused at the start, with what to do", () => {
  for (const [keys, message] of refused) {
    assert.throws(
      () => start(...keys).open(),
      (error) => error instanceof AuthError && error.code === "invalid_options" && error.message === message,
      message,
    );
  }
});

test("a key verifies before it signs: the latest whose time has come signs, the others verify", () => {
  const { open, platform, advance } = start(keyOf(1), keyOf(2, createWorld().platform.now() + 10_000));
  const keys = open();
  assert.equal(keys.signing().id, 1);
  assert.equal(keys.find(2)?.id, 2);
  advance(9_999);
  assert.equal(keys.signing().id, 1);
  advance(1);
  assert.equal(keys.signing().id, 2, String(platform.now()));
  assert.equal(keys.find(1)?.id, 1);
});

test("of two keys that sign from the same instant the later in the ring signs, on every node", () => {
  assert.equal(start(keyOf(2), keyOf(1)).open().signing().id, 1);
});

test("a ring is read again at most once in 5 s, however often it is asked to", () => {
  const { open, put, advance, reads } = start(keyOf(1));
  const keys = open();
  put(keyOf(1), keyOf(9));
  assert.equal(keys.refresh(), false);
  advance(4_999);
  assert.equal(keys.refresh(), false);
  assert.equal(keys.find(9), undefined);
  advance(1);
  assert.equal(keys.refresh(), true);
  assert.equal(keys.find(9)?.id, 9);
  for (let times = 0; times < 100; times += 1) keys.refresh();
  assert.equal(reads(), 2);
});

test("whoever signs reads the ring once a minute, so a new key is known before it signs", () => {
  const { open, put, advance, reads } = start(keyOf(1));
  const keys = open();
  put(keyOf(1), keyOf(2));
  advance(59_999);
  assert.equal(keys.signing().id, 1);
  advance(1);
  assert.equal(keys.signing().id, 2);
  assert.equal(reads(), 2);
});

test("a ring that is broken, empty or malformed later changes nothing: the last good one stays", () => {
  const { open, put, breakFile, advance } = start(keyOf(1));
  const keys = open();
  for (const spoil of [breakFile, () => put(), () => put(keyOf(1), keyOf(1)), () => put(keyOf(2, 4e12))]) {
    spoil();
    advance(5_000);
    assert.equal(keys.refresh(), true);
    assert.equal(keys.signing().id, 1);
    assert.equal(keys.find(1)?.id, 1);
  }
  put(keyOf(1), keyOf(3));
  advance(5_000);
  keys.refresh();
  assert.equal(keys.signing().id, 3);
});

test("a ring without the key that signs is another deployment's: it is told, and the last good one stays until it is back", () => {
  const { openTelling, put, advance } = start(keyOf(1));
  const told: string[] = [];
  const keys = openTelling((error) => told.push((error as Error).message));
  const turn = (...ring: SigningKey[]): void => {
    put(...ring);
    advance(5_000);
    keys.refresh();
  };
  turn(keyOf(2));
  assert.equal(keys.signing().id, 1);
  assert.match(
    told.join(),
    /^the ring lacks key 1, which signs here: put the ring back; to take a stolen key out: sallyport keys revoke$/,
  );
  turn({ ...keyOf(1), secret: new Uint8Array(32).fill(9) });
  assert.match(told.at(-1) ?? "", /^the ring has another secret for key 1, which signs here/);
  assert.deepEqual(keys.find(1)?.secret, keyOf(1).secret);
  turn(keyOf(1), keyOf(2));
  assert.deepEqual([told.length, keys.signing().id], [2, 2]);
  // Key 1 signs no more, so it may go.
  turn(keyOf(2));
  assert.deepEqual([told.length, keys.find(1)], [2, undefined]);
});

test("a ring that cannot be read again is told, and whether it could not be before", () => {
  const { openTelling, put, breakFile, advance } = start(keyOf(1));
  const told: [string, boolean][] = [];
  const keys = openTelling((error, repeated) => told.push([(error as Error).message, repeated]));
  for (let read = 0; read < 2; read++) {
    breakFile();
    advance(60_000);
    keys.signing();
  }
  put(keyOf(1));
  advance(60_000);
  keys.signing();
  breakFile();
  advance(60_000);
  keys.signing();
  assert.deepEqual(
    told.map(([, repeated]) => repeated),
    [false, true, false],
  );
});

test("a ring that says that it has changed is read at once, and else not", () => {
  const { open, put, touch, reads } = start(keyOf(1));
  const keys = open();
  put(keyOf(1), keyOf(2));
  keys.look();
  assert.deepEqual([reads(), keys.find(2)], [1, undefined]);
  touch();
  keys.look();
  keys.look();
  assert.deepEqual([reads(), keys.find(2)?.id], [2, 2]);
});

test("a ring that could not be read is looked at again every 5 s, though it has not changed since", () => {
  const { open, put, breakFile, touch, advance, reads } = start(keyOf(1));
  const keys = open();
  breakFile();
  touch();
  keys.look();
  assert.equal(reads(), 2);
  put(keyOf(1), keyOf(2));
  advance(4_999);
  keys.look();
  assert.deepEqual([reads(), keys.find(2)], [2, undefined]);
  advance(1);
  keys.look();
  advance(5_000);
  keys.look();
  assert.deepEqual([reads(), keys.find(2)?.id], [3, 2]);
});

test("a revoked key neither signs nor verifies, though the ring still holds it, and the ring may lack the key that signed", () => {
  const { open, put, revoke, touch } = start(keyOf(1));
  const told: unknown[] = [];
  const keys = open({ failed: (error) => told.push(error), revoked: (ids) => told.push(ids) });
  put(keyOf(1), keyOf(2));
  revoke(1);
  touch();
  keys.look();
  assert.deepEqual(
    [keys.find(1), keys.signing().id, keys.accountsFor(1), keys.accountsFor(3)],
    [undefined, 2, true, false],
  );
  put(keyOf(2), keyOf(3));
  touch();
  keys.look();
  assert.deepEqual(told, [[1]], "told once");
});

test("a revocation ends each session that had opened, whichever key signed it, and each that the key signed since", () => {
  const { open, put, revoke, advance, platform } = start(keyOf(1), keyOf(2));
  assert.equal(open().revocationOf({ createdAt: 0, keyId: 1 }), undefined);
  put(keyOf(2));
  advance(10);
  revoke(1);
  const at = platform.now();
  const keys = open();
  assert.equal(keys.revocationOf({ createdAt: at, keyId: 2 }), at);
  assert.equal(keys.revocationOf({ createdAt: at + 1, keyId: 2 }), undefined);
  assert.equal(keys.revocationOf({ createdAt: at + 1, keyId: 1 }), at);
});

test("the ring that signed is taken in the place of another deployment's, with which the process started", () => {
  const { open, put, touch } = start(keyOf(7));
  const [told, missing] = [[] as string[], new Set<number>()];
  const keys = open({
    failed: (error) => told.push((error as Error).message),
    recovered: () => told.push("recovered"),
    changed: () => told.push("changed"),
    missing: () => missing,
  });
  const turn = (...ring: SigningKey[]): void => {
    put(...ring);
    touch();
    keys.look();
  };
  turn(keyOf(1));
  assert.match(told.join(), /^the ring lacks key 7/);
  missing.add(1);
  turn(keyOf(2));
  assert.equal(keys.signing().id, 7, "a third ring is not the one that signed");
  turn(keyOf(1), keyOf(2));
  assert.deepEqual([keys.find(1)?.id, told.slice(-2)], [1, ["recovered", "changed"]]);
});

test("random keys are fresh each time and do not outlive the process", () => {
  const [one, other] = [randomKeys(), randomKeys()];
  assert.equal(one.durable, false);
  assert.notDeepEqual(one.load()[0]?.secret, other.load()[0]?.secret);
  assert.deepEqual(one.load(), one.load());
  assert.equal(one.load()[0]?.secret.length, 32);
});
