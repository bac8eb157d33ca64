import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";
import type { HandlerContext, OneTimeProofs } from "../../../src/handlers/handler.js";
import { type KeyOwner, privateKey } from "../../../src/handlers/private-key/private-key.js";
import type { Identity } from "../../../src/model/identity.js";
import { mutate, noise } from "../../../src/testing/mutate.js";
import { createRandom } from "../../../src/testing/random.js";
import { type KeyMessage, parseKeyChallenge, toKeyMessage } from "../../../src/wire/key-messages.js";
import { type Pair, pairs, spkiOf } from "../../wire/keys.js";
import { answerTo, createKeyWorld, type KeyName, told } from "./key-world.js";

const client = Buffer.from("0123456789abcdef");

for (const name of Object.keys(pairs) as KeyName[]) {
  test(`${name}: a challenge and its answer open a session`, async () => {
    const { challenge, send } = createKeyWorld();
    const { realm, nonce } = await challenge("ada", pairs[name]);
    assert.deepEqual([realm, nonce.length], ["example", 32]);
    const outcome = await send(answerTo({ name, nonce }));
    assert.equal(told(outcome), "opened ada");
    assert.equal(outcome.kind === "opened" && outcome.session.scheme, "publickey");
  });
}

test("two rounds of one handshake log in, as Arrow Flight has it", async () => {
  const { auth } = createKeyWorld();
  const peer = { address: "192.0.2.1", trusted: false };
  const target = { method: "POST", path: "/arrow.flight.protocol.FlightService/Handshake" };
  const ask = toKeyMessage({ kind: "challenge", user: "ada", publicKey: spkiOf(pairs.Ed25519) });
  const first = await auth.logIn({ scheme: "PublicKey", payload: ask }, { peer, target });
  assert.ok(first.kind === "challenged");
  const { nonce } = parseKeyChallenge(first.payload) ?? assert.fail();
  const payload = toKeyMessage(answerTo({ name: "Ed25519", nonce }));
  const second = await auth.logIn({ scheme: "PublicKey", payload }, { peer, target, challenge: first });
  assert.equal(told(second), "opened ada");
});

test("one node may ask and another be answered", async () => {
  const { node, challenge, send } = createKeyWorld();
  const { nonce } = await challenge("ada", pairs["P-256"], node());
  assert.equal(told(await send(answerTo({ nonce }), node())), "opened ada");
});

test("an unknown user, a stranger's key and a wrong signature are asked alike and refused in the same words", async () => {
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const asked: KeyMessage[] = [];
  const kept: string[] = [];
  const { challenge, send } = createKeyWorld({}, (store) => ({
    ...store,
    put(kind, id, json, lifeMs) {
      kept.push(`${kind} ${id.length} ${json.length} ${lifeMs}`);
      return store.put(kind, id, json, lifeMs);
    },
  }));
  const attempts: readonly [user: string, pair: Pair][] = [
    ["ada", pairs["P-256"]],
    ["nobody", pairs["P-256"]],
    ["ada", stranger],
    ["nobody", stranger],
  ];
  const denials = [];
  for (const [user, pair] of attempts) {
    const { nonce } = await challenge(user, pair);
    const signed = user === "ada" && pair !== stranger ? { purpose: "other" } : {};
    const answer = answerTo({ user, pair, nonce, signed });
    asked.push(answer);
    denials.push(await send(answer));
  }
  assert.equal(new Set(kept).size, 1, "every challenge is kept in the same way");
  assert.equal(denials[0]?.kind === "denied" && denials[0].reason, "invalid_credentials");
  for (const denial of denials) assert.deepEqual(denial, denials[0]);
});

test("the source is asked about nobody whose signature is wrong", async () => {
  const asked: string[] = [];
  const { challenge, send } = createKeyWorld({
    keys: (user) => {
      asked.push(user);
      return undefined;
    },
  });
  const { nonce } = await challenge("ada", pairs["P-256"]);
  await send(answerTo({ nonce, signed: { user: "bob" } }));
  assert.deepEqual(asked, []);
  const { nonce: next } = await challenge("ada", pairs["P-256"]);
  await send(answerTo({ nonce: next }));
  assert.deepEqual(asked, ["ada"]);
});

test("what is kept of a challenge is neither its nonce nor a name", async () => {
  const kept: string[] = [];
  const { challenge, send } = createKeyWorld({ rawChallenges: true }, (store) => ({
    ...store,
    put(kind, id, json, lifeMs) {
      kept.push(id, json);
      return store.put(kind, id, json, lifeMs);
    },
  }));
  const { nonce } = await challenge("ada-lovelace", pairs["P-256"]);
  const client = Buffer.alloc(16, 7);
  const raw = await send({ kind: "raw-challenge", client });
  assert.ok(raw.kind === "challenged");
  const rawNonce = parseKeyChallenge(raw.payload)?.nonce ?? assert.fail();
  assert.equal(kept.length, 4);
  for (const secret of [nonce, rawNonce]) {
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      assert.ok(!kept.join().includes(Buffer.from(secret).toString(encoding).slice(0, 40)));
    }
  }
  assert.ok(!kept.join().includes("lovelace"));
});

test("a source that throws, or a store that fails, is unavailable and never a refusal", async () => {
  const broken = createKeyWorld({ keys: () => Promise.reject(new Error("the database is down")) });
  const { nonce } = await broken.challenge("ada", pairs["P-256"]);
  assert.equal(told(await broken.send(answerTo({ nonce }))), "unavailable");

  const down = { put: false, take: false };
  const failing = createKeyWorld({}, (store) => ({
    ...store,
    put: (...given) => (down.put ? Promise.reject(new Error("gone")) : store.put(...given)),
    take: (...given) => (down.take ? Promise.reject(new Error("gone")) : store.take(...given)),
  }));
  const { nonce: second } = await failing.challenge("ada", pairs["P-256"]);
  down.take = true;
  assert.equal(told(await failing.send(answerTo({ nonce: second }))), "unavailable");
  down.put = true;
  const message = { kind: "challenge", user: "ada", publicKey: spkiOf(pairs["P-256"]) } as const;
  assert.equal(told(await failing.send(message)), "unavailable");
});

test("a key that has expired opens nothing, and one that will caps the session", async () => {
  const owner = (expiresAt: number): KeyOwner<Identity> => ({ identity: { subject: "ada" }, expiresAt });
  for (const [life, wanted] of [
    [-1, "invalid_credentials"],
    [0, "invalid_credentials"],
    [30_000, "opened ada"],
  ] as const) {
    const { challenge, send, platform, advance } = createKeyWorld({ keys: () => owner(platform.now() + life) });
    const { nonce } = await challenge("ada", pairs["P-256"]);
    const outcome = await send(answerTo({ nonce }));
    assert.equal(told(outcome), wanted);
    assert.ok(outcome.kind !== "opened" || outcome.session.expiresAt <= platform.now() + 30_000);
    advance(1);
  }
});

test("keys that could not have been enrolled are asked for nothing", async () => {
  const { send } = createKeyWorld();
  const weak = [
    spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 })),
    spkiOf(generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 })),
    Buffer.concat([spkiOf(pairs["P-256"]), Buffer.of(0)]),
    Buffer.of(),
  ];
  for (const publicKey of weak) {
    assert.equal(told(await send({ kind: "challenge", user: "ada", publicKey })), "invalid_credentials");
  }
  for (const user of ["", "a\nb", "a\0b", "x".repeat(257)]) {
    const message = { kind: "challenge", user, publicKey: spkiOf(pairs["P-256"]) } as const;
    assert.equal(told(await send(message)), "invalid_credentials");
  }
});

test("a flood of challenges is bounded, and is over with its minute", async () => {
  const { platform, advance } = createKeyWorld();
  const handler = privateKey({ keys: () => undefined, platform, rawChallenges: true });
  let kept = 0;
  const proofs: OneTimeProofs = {
    realm: "example",
    put: () => ++kept > 0,
    take: () => undefined,
    derive: () => ({ keyId: 1, secret: Buffer.alloc(32) }),
  };
  const ask = async (message: KeyMessage) =>
    (await handler.fromHandshake?.(toKeyMessage(message), { proofs } as HandlerContext))?.kind;
  for (let call = 0; call < 50_000; call++) await ask({ kind: "raw-challenge", client });
  const bound = { kind: "challenge", user: "ada", publicKey: spkiOf(pairs["P-256"]) } as const;
  assert.equal(await ask({ kind: "raw-challenge", client }), "unavailable");
  assert.equal(await ask(bound), "unavailable");
  assert.equal(kept, 50_000);
  advance(60_000);
  assert.equal(await ask(bound), "challenged");
});

test("a source that floods with challenges keeps nobody else from one", async () => {
  const { platform, advance } = createKeyWorld();
  const handler = privateKey({ keys: () => undefined, platform });
  const proofs: OneTimeProofs = {
    ...{ realm: "example", put: () => true },
    ...{ take: () => undefined, derive: () => undefined },
  };
  const message = toKeyMessage({ kind: "challenge", user: "ada", publicKey: spkiOf(pairs["P-256"]) });
  const ask = async (source?: string) =>
    (await handler.fromHandshake?.(message, { proofs, source } as HandlerContext))?.kind;
  for (let call = 0; call < 1_000; call++) assert.equal(await ask("192.0.2.66"), "challenged");
  for (let call = 0; call < 1_000; call++) await ask("192.0.2.66");
  assert.equal(await ask("192.0.2.66"), "unavailable");
  assert.equal(await ask("192.0.2.1"), "challenged");
  assert.equal(await ask(), "challenged");
  advance(60_000);
  assert.equal(await ask("192.0.2.66"), "challenged");
});

test("mutated and arbitrary messages are refused, never an error", async (context) => {
  const random = createRandom();
  context.diagnostic(`seed ${random.seed}`);
  const { challenge, send, auth } = createKeyWorld({ rawChallenges: true });
  const where = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
  for (let round = 0; round < 300; round++) {
    const { nonce } = await challenge("ada", pairs["P-256"]);
    const good = Buffer.from(toKeyMessage(answerTo({ nonce }))).toString();
    const text = round % 3 === 0 ? noise(random) : mutate(random, good);
    const outcome = await auth.logIn({ scheme: "PublicKey", payload: Buffer.from(text) }, where);
    assert.ok(
      isSame(text, good) || told(outcome) === "invalid_credentials",
      `${told(outcome)} for ${JSON.stringify(text)}`,
    );
  }
  assert.equal(told(await send({ kind: "answer", user: "ada" } as unknown as KeyMessage)), "invalid_credentials");
});

/** White space between the members of a message is no other message. */
function isSame(text: string, good: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), JSON.parse(good));
  } catch {
    return false;
  }
}

const sentinel = (spki: Uint8Array) => Buffer.concat([Buffer.from("EC:"), spki]);

async function rawNonce(send: (message: KeyMessage) => Promise<{ readonly kind: string }>): Promise<Uint8Array> {
  const outcome = (await send({ kind: "raw-challenge", client })) as { kind: string; payload: Uint8Array };
  assert.equal(outcome.kind, "challenged");
  return parseKeyChallenge(outcome.payload)?.nonce ?? assert.fail();
}

function rawAnswer(nonce: Uint8Array, more: Partial<Extract<KeyMessage, { kind: "raw-answer" }>> = {}): KeyMessage {
  const signature = sign("sha256", nonce, pairs["P-256"].privateKey);
  const publicKey = sentinel(spkiOf(pairs["P-256"]));
  return { kind: "raw-answer", client, user: "ada", publicKey, signature, ...more };
}

test("a bare nonce is signed as Deephaven's clients do, where that is allowed and nowhere else", async () => {
  const { send, node } = createKeyWorld({ rawChallenges: true });
  const nonce = await rawNonce(send);
  assert.equal(nonce.length, 32);
  assert.equal(told(await send(rawAnswer(nonce), node())), "opened ada");

  const strict = createKeyWorld();
  assert.equal(told(await strict.send({ kind: "raw-challenge", client })), "invalid_credentials");
  assert.equal(told(await strict.send(rawAnswer(nonce))), "invalid_credentials");
});

test("a bare nonce is good for one try, for its client, and for a minute; a new one takes its place", async () => {
  const { send, advance } = createKeyWorld({ rawChallenges: true });
  const once = rawAnswer(await rawNonce(send));
  assert.equal(told(await send({ ...once, signature: Buffer.alloc(70) } as KeyMessage)), "invalid_credentials");
  assert.equal(told(await send(once)), "invalid_credentials");

  const other = rawAnswer(await rawNonce(send), { client: Buffer.alloc(16) });
  assert.equal(told(await send(other)), "invalid_credentials");

  const old = rawAnswer(await rawNonce(send));
  const next = rawAnswer(await rawNonce(send));
  assert.equal(told(await send(old)), "invalid_credentials");
  assert.equal(told(await send(next)), "invalid_credentials", "the try was spent");

  const late = rawAnswer(await rawNonce(send));
  advance(60_000);
  assert.equal(told(await send(late)), "invalid_credentials");
  for (const wrong of [Buffer.alloc(0), Buffer.alloc(65)]) {
    assert.equal(told(await send({ kind: "raw-challenge", client: wrong })), "invalid_credentials");
  }
});

test("a bare nonce and a bound challenge cannot answer for each other", async () => {
  const { send, challenge } = createKeyWorld({ rawChallenges: true });
  const raw = await rawNonce(send);
  assert.equal(told(await send(answerTo({ nonce: raw }))), "invalid_credentials");
  const bound = answerTo({ nonce: (await challenge("ada", pairs["P-256"])).nonce });
  await rawNonce(send);
  assert.equal(
    told(await send(rawAnswer(raw, { signature: (bound as { signature: Uint8Array }).signature }))),
    "invalid_credentials",
  );
});

test("keys come behind their sentinel: EC with it, old DSA without it and only if somebody insists", async () => {
  const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
  const keys = () => ({ identity: { subject: "ada" } });
  for (const [allowLegacyDsa, pair, publicKey, wanted] of [
    [true, dsa, spkiOf(dsa), "opened ada"],
    [false, dsa, spkiOf(dsa), "invalid_credentials"],
    [true, dsa, sentinel(spkiOf(dsa)), "invalid_credentials"],
    [true, pairs["P-256"], spkiOf(pairs["P-256"]), "invalid_credentials"],
    [false, pairs["P-256"], sentinel(spkiOf(pairs["P-256"])), "opened ada"],
    [false, pairs["P-384"], sentinel(spkiOf(pairs["P-384"])), "invalid_credentials"],
  ] as const) {
    const { send } = createKeyWorld({ keys, rawChallenges: true, allowLegacyDsa });
    const nonce = await rawNonce(send);
    const signature = sign("sha256", nonce, pair.privateKey);
    assert.equal(told(await send(rawAnswer(nonce, { publicKey, signature }))), wanted);
  }
});

test("calls of one client that cross are answered or told to try again, and nothing hangs", async () => {
  const { send } = createKeyWorld({ rawChallenges: true });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => send({ kind: "raw-challenge", client })));
  assert.deepEqual([...new Set(outcomes.map(told))].sort(), ["challenged", "unavailable"]);
  const good = await rawNonce(send);
  assert.equal(told(await send(rawAnswer(good))), "opened ada");
});

test("it refuses to start without keys, and shows nothing", () => {
  for (const options of [undefined, {}, { keys: "./authorized_keys" }]) {
    assert.throws(() => privateKey(options as never), {
      code: "invalid_options",
      message: /needs keys: authorizedKeys\(/,
    });
  }
  const handler = privateKey({ keys: () => undefined });
  assert.deepEqual([handler.scheme, handler.opens, handler.challenge?.("x")], ["PublicKey", "session", undefined]);
  assert.ok(inspect(handler, { depth: 9, showHidden: true }).length < 600);
});
