import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import type { Store } from "../../src/model/store.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import type { KeyMessage } from "../../src/wire/key-messages.js";
import { answerTo, createKeyWorld, type KeyWorld, signBy, told } from "../handlers/private-key/key-world.js";
import { type Pair, pairs, spkiOf } from "../wire/keys.js";
import type { World } from "../world.js";

const stores: Readonly<Record<string, (inner: Store, world: World) => Store>> = {
  memory: (inner) => inner,
  sqlite: (_inner, { platform }) => sqlite(":memory:", { platform }),
};

const ec = pairs["P-256"];
const refused = "invalid_credentials";

/** Each a way to answer a challenge that was made for Ada and her P-256 key; the last is the right one. */
const answers: readonly [how: string, answer: (nonce: Uint8Array) => KeyMessage][] = [
  ["for another purpose", (nonce) => answerTo({ nonce, signed: { purpose: "register" } })],
  ["for another realm", (nonce) => answerTo({ nonce, signed: { realm: "elsewhere" } })],
  ["for another user", (nonce) => answerTo({ nonce, signed: { user: "bob" } })],
  ["as another user, who has the same key", (nonce) => answerTo({ nonce, user: "bob" })],
  ["by another key of the same user", (nonce) => answerTo({ nonce, name: "Ed25519" })],
  ["by a stranger's key", (nonce) => answerTo({ nonce, pair: generateKeyPairSync("ec", { namedCurve: "P-256" }) })],
  ["for another key", (nonce) => answerTo({ nonce, signed: { fingerprint: Buffer.alloc(32) } })],
  ["for another nonce", (nonce) => answerTo({ nonce, signed: { nonce: Buffer.alloc(32) } })],
  [
    "with the bare nonce signed",
    (nonce) => ({ ...answerTo({ nonce }), signature: signBy("P-256", nonce) }) as KeyMessage,
  ],
  ["with no signature", (nonce) => ({ ...answerTo({ nonce }), signature: new Uint8Array() }) as KeyMessage],
];

for (const [storeName, open] of Object.entries(stores)) {
  describe(`8. A challenge is good for one try, one key, one purpose: ${storeName}`, () => {
    async function eachStoreClosed(run: (world: KeyWorld) => Promise<void>): Promise<void> {
      const world = createKeyWorld({}, open);
      try {
        await run(world);
      } finally {
        await world.auth.close();
      }
    }
    const nonceFor = async ({ challenge }: KeyWorld, pair: Pair = ec) => (await challenge("ada", pair)).nonce;

    for (const [how, answer] of answers) {
      test(`answered ${how} it is refused, and its one try is spent`, () =>
        eachStoreClosed(async (world) => {
          const nonce = await nonceFor(world);
          assert.equal(told(await world.send(answer(nonce))), refused);
          assert.equal(told(await world.send(answerTo({ nonce }))), refused);
        }));
    }

    test("answered twice, it logs in once", () =>
      eachStoreClosed(async (world) => {
        const answer = answerTo({ nonce: await nonceFor(world) });
        assert.equal(told(await world.send(answer)), "opened ada");
        assert.equal(told(await world.send(answer)), refused);
      }));

    test("answered on three nodes at once, it logs in once", () =>
      eachStoreClosed(async (world) => {
        const nodes = [world.auth, world.node(), world.node()];
        for (let round = 0; round < 20; round++) {
          const answer = answerTo({ nonce: await nonceFor(world) });
          const outcomes = await Promise.all([...nodes, ...nodes].map((node) => world.send(answer, node)));
          assert.equal(outcomes.filter(({ kind }) => kind === "opened").length, 1);
        }
      }));

    test("it is over after a minute, to the millisecond", () =>
      eachStoreClosed(async (world) => {
        for (const [ms, wanted] of [
          [59_999, "opened ada"],
          [60_000, refused],
        ] as const) {
          const nonce = await nonceFor(world);
          world.advance(ms);
          assert.equal(told(await world.send(answerTo({ nonce }))), wanted);
        }
      }));

    test("one that nobody made is refused, and so is one of another realm over the same store and keys", () =>
      eachStoreClosed(async (world) => {
        assert.equal(told(await world.send(answerTo({ nonce: Buffer.alloc(32, 9) }))), refused);
        const elsewhere = world.node("elsewhere");
        const nonce = await nonceFor(world);
        const signed = { realm: "elsewhere" };
        assert.equal(told(await world.send(answerTo({ nonce, signed }), elsewhere)), refused);
        assert.equal(told(await world.send(answerTo({ nonce }))), "opened ada");
      }));

    test("each of many that wait is good for itself alone", () =>
      eachStoreClosed(async (world) => {
        const [first, second] = [await nonceFor(world), await nonceFor(world, pairs.Ed25519)];
        const crossed = { ...answerTo({ nonce: first }), publicKey: spkiOf(pairs.Ed25519) } as KeyMessage;
        assert.equal(told(await world.send(crossed)), refused);
        assert.equal(told(await world.send(answerTo({ name: "Ed25519", nonce: second }))), "opened ada");
      }));
  });
}
