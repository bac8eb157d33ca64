import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createAuth } from "../../src/engine/auth.js";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { basic } from "../../src/handlers/password/basic.js";
import { createRawPrivateKey } from "../../src/services/enterprise/raw-private-key.js";
import { memory } from "../../src/stores/memory/memory.js";
import { type Answer, answerTo, fingerprintOf, told } from "../handlers/private-key/key-world.js";
import { pairs, spkiOf } from "../wire/keys.js";
import { createWorld } from "../world.js";
import { createEngine, type Running, start } from "./server.js";
import { transportCases } from "./transports.js";

const pair = pairs.Ed25519;
const publicKey = spkiOf(pair);

/** The proof that answers a challenge. */
function proofOf(answer: Partial<Answer> & Pick<Answer, "nonce">, realm: string) {
  const message = answerTo({ name: "Ed25519", ...answer, signed: { realm, ...answer.signed } });
  assert.ok(message.kind === "answer");
  const { user, nonce, signature } = message;
  return { proof: { case: "privateKey", value: { user, publicKey: message.publicKey, nonce, signature } } } as const;
}

async function refusal(promise: Promise<unknown>): Promise<ConnectError> {
  const error = await promise.then(
    () => assert.fail("was let in"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

for (const { name, version, create } of transportCases) {
  describe(`log-in by a private key over ${name}`, () => {
    let server: Running;
    let client: Client<typeof AuthService>;

    before(async () => {
      server = await start(version);
      server.enrolled.set("ada", fingerprintOf(pair));
      client = createClient(AuthService, create({ baseUrl: server.origin }));
    });
    after(() => server.close());

    test("two calls without credentials open a session", async () => {
      let header: Headers | undefined;
      const onHeader = (received: Headers) => {
        header = received;
      };
      const { realm, nonce } = await client.getChallenge({ user: "ada", publicKey }, { onHeader });
      assert.deepEqual([realm, nonce.length], ["sallyport", 32]);
      assert.equal(header?.get("cache-control"), "no-store");
      const opened = await client.logIn(proofOf({ nonce }, realm));
      assert.equal(opened.caller?.scheme, "publickey");
      const options = { headers: { authorization: `Bearer ${opened.token}` } };
      assert.equal((await client.whoAmI({}, options)).caller?.identity?.subject, "ada");
    });

    test("an unknown user, a stranger's key, a wrong signature and a spent challenge are refused in the same words", async () => {
      const stranger = generateKeyPairSync("ed25519");
      const seen = new Set<string>();
      for (const answer of [
        { user: "nobody" },
        { pair: stranger },
        { signed: { purpose: "other" } },
        { nonce: new Uint8Array(32) },
      ]) {
        const user = answer.user ?? "ada";
        const challenge = await client.getChallenge({ user, publicKey: spkiOf(answer.pair ?? pair) });
        const error = await refusal(client.logIn(proofOf({ nonce: challenge.nonce, ...answer }, challenge.realm)));
        assert.equal(error.code, Code.Unauthenticated);
        seen.add(`${error.rawMessage} ${error.metadata.get("sallyport-reason")}`);
      }
      assert.equal(seen.size, 1, [...seen].join("\n"));
    });

    test("a key that nobody could enrol is named as what is wrong", async () => {
      for (const [key, message] of [
        [new Uint8Array(), /^public_key is not SubjectPublicKeyInfo in DER$/],
        [spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 })), /^public_key is RSA of 2048 bits; it needs 3072/],
      ] as const) {
        const error = await refusal(client.getChallenge({ user: "ada", publicKey: key }));
        assert.equal(error.code, Code.InvalidArgument);
        assert.match(error.rawMessage, message);
      }
    });
  });
}

test("a service whose clients sign bare nonces asks for one by its client's name, and hands the answer in", async () => {
  const engine = createEngine();
  const ec = pairs["P-256"];
  engine.enrolled.set("ada", fingerprintOf(ec));
  const raw = createRawPrivateKey(engine.auth);
  const where = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/x" } };
  const client = Buffer.alloc(16, 3);
  const nonce = await raw.challenge(client, where);
  assert.ok(nonce instanceof Uint8Array && nonce.length === 32);
  const answer = {
    client,
    user: "ada",
    publicKey: Buffer.concat([Buffer.from("EC:"), spkiOf(ec)]),
    signature: sign("sha256", nonce, ec.privateKey),
  };
  assert.equal(told(await raw.answer(answer, where)), "opened ada");
  assert.equal(told(await raw.answer(answer, where)), "invalid_credentials");
  const refused = await raw.challenge(new Uint8Array(), where);
  assert.ok(!(refused instanceof Uint8Array));
  assert.equal(refused.reason, "invalid_credentials");
  await engine.auth.close();
});

test("where nothing takes bare nonces, none is made", async () => {
  const world = createWorld();
  const { platform } = world;
  const auth = createAuth({ handlers: [basic({ verify: () => null })], store: memory({ platform }), platform });
  const where = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/x" } };
  const refused = await createRawPrivateKey(auth).challenge(Buffer.alloc(16), where);
  assert.ok(!(refused instanceof Uint8Array));
  assert.equal(refused.reason, "invalid_credentials");
  await auth.close();
});
