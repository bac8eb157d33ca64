import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { type TestContext, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { CallStatus } from "../../../src/gen/io/deephaven/proto/auth/auth_pb.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { User } from "../../policies/operate-as/operate-as-world.js";
import { type Pair, spkiOf } from "../../wire/keys.js";
import { clientId, type EnterpriseWorld, failure, minute, named, start as startWorld } from "./enterprise-server.js";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
const ed25519 = generateKeyPairSync("ed25519");

const withSentinel = (pair: Pair) => Buffer.concat([Buffer.from("EC:"), spkiOf(pair)]);

async function start(context: TestContext): Promise<EnterpriseWorld> {
  const world = await startWorld(context);
  const enroll = (user: string, pair: Pair) =>
    world.enrolled.set(user, createHash("sha256").update(spkiOf(pair)).digest("base64url"));
  enroll("ada", ec);
  enroll("dave", dsa);
  enroll("carol", ed25519);
  return world;
}

interface Answer {
  readonly user?: string;
  readonly as?: string;
  readonly pair?: Pair;
  readonly publicKey?: Uint8Array;
  readonly uuid?: Uint8Array;
  /** Signed in place of the nonce. */
  readonly nonce?: Uint8Array;
}

/** As clients of this wire answer: over the nonce alone, SHA-256, DER. */
async function answerOf({ api }: EnterpriseWorld, answer: Answer = {}) {
  const { user = "ada", as = user, pair = ec, publicKey = withSentinel(pair), uuid = clientId.uuid } = answer;
  const { nonce, ipAddress } = await api.getNonce({ clientId });
  assert.equal(ipAddress.length, 4);
  return {
    clientId: { name: "", uuid },
    userContext: named(user, as),
    publicKey,
    challengeResponse: sign(pair === ed25519 ? null : "sha256", answer.nonce ?? nonce, pair.privateKey),
    ipAddress,
  };
}

test("a signature over a nonce by an enrolled key is a log-in", async (context) => {
  const world = await start(context);
  const { result } = await world.api.authenticateByPublicKey(await answerOf(world));
  assert.ok(result?.authenticated);
  assert.equal(result.userContext?.effectiveUser, "ada");
  await world.api.refreshCookie({ cookie: result.cookie });
  const bob = await world.api.authenticateByPublicKey(await answerOf(world, { as: "bob" }));
  assert.equal(bob.result?.userContext?.effectiveUser, "bob");
});

test("a key of old DSA comes without the sentinel, and is taken where that is configured", async (context) => {
  const world = await start(context);
  const answer = { user: "dave", pair: dsa, publicKey: spkiOf(dsa) };
  const { result } = await world.api.authenticateByPublicKey(await answerOf(world, answer));
  assert.ok(result?.authenticated);
});

test("8. A nonce is good for one answer, of one client, within a minute; whatever else is signed is refused", async (context) => {
  const world = await start(context);
  const attempt = async (answer: Awaited<ReturnType<typeof answerOf>>) =>
    (await world.api.authenticateByPublicKey(answer)).result?.authenticated;
  const good = await answerOf(world);
  assert.deepEqual([await attempt(good), await attempt(good)], [true, false], "once");
  for (const answer of [
    { user: "bob" },
    { user: "nobody" },
    { as: "carol" },
    { nonce: new Uint8Array(32) },
    { uuid: new Uint8Array(16).fill(8) },
    { pair: generateKeyPairSync("ec", { namedCurve: "P-256" }) },
    { publicKey: spkiOf(ec) },
    { user: "carol", pair: ed25519, publicKey: spkiOf(ed25519) },
    { user: "dave", pair: dsa, publicKey: Buffer.concat([Buffer.from("EC:"), spkiOf(dsa)]) },
  ] satisfies Answer[]) {
    assert.equal(await attempt(await answerOf(world, answer)), false, JSON.stringify(answer));
  }
  const late = await answerOf(world);
  world.advance(minute);
  assert.equal(await attempt(late), false, "too late");
});

test("a client without a name, or with one too long, gets no nonce", async (context) => {
  const world = await start(context);
  for (const uuid of [new Uint8Array(), new Uint8Array(65)]) {
    const failed = await failure(world.api.getNonce({ clientId: { uuid } }));
    assert.equal(failed.code, Code.InvalidArgument);
    assert.equal((await failure(world.api.authenticateByPublicKey({ clientId: { uuid } }))).code, Code.InvalidArgument);
  }
});

test("where nobody takes such signatures there is no nonce", async (context) => {
  const world = await startWorld(context, {}, { handlers: [basic<User>({ verify: () => null })] });
  const failed = await failure(world.api.getNonce({ clientId }));
  assert.deepEqual([failed.code, failed.callStatus], [Code.Unimplemented, CallStatus.PUB_PRIV_KEY]);
});

test("verifyChallenge says whether an answer is right, once, and leaves no session behind", async (context) => {
  const world = await start(context);
  const { publicKey, challengeResponse, userContext } = await answerOf(world, { as: "bob" });
  const asked = { clientId, userContext, publicKey, challengeResponse };
  const right = await world.api.verifyChallenge(asked);
  assert.equal(right.success, true);
  assert.deepEqual(right.userContext, named("ada", "bob"));
  assert.equal((await world.api.verifyChallenge(asked)).success, false);
  assert.deepEqual(await world.auth.sessions.list(), []);
});
