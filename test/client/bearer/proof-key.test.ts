import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyPair } from "dpop";
import { systemPlatform } from "../../../src/base/platform.js";
import { createDpop, type ExpectedBinding } from "../../../src/binding/dpop.js";
import { resolveDpop } from "../../../src/binding/dpop-options.js";
import { createProofKey } from "../../../src/client/bearer/proof-key.js";
import { openKeys, randomKeys } from "../../../src/keys/key-ring.js";

const token = `sps_${"A".repeat(80)}`;

const server = () =>
  createDpop({
    options: resolveDpop(),
    realm: "test",
    keys: openKeys(randomKeys(), systemPlatform),
    platform: systemPlatform,
    share: () => true,
  });

/** The timers that were started and not taken back. */
function timers() {
  const running = new Map<() => void, number>();
  const delay = (ms: number, done: () => void) => {
    running.set(done, ms);
    return () => void running.delete(done);
  };
  return { running, delay };
}

test("the shipped server takes its proofs: with the server's nonce, and not without", async () => {
  const dpop = server();
  const key = createProofKey({ delay: timers().delay });
  const ask = async (expected: ExpectedBinding) => {
    const proof = await key.prove({ method: "PUT", url: "https://api.example/a%20b?c=d#e", token: expected.token });
    const rawHeaders = ["host", "api.example", "dpop", proof];
    return dpop.check({ method: "PUT", path: "/a%20b", rawHeaders }, expected);
  };
  const refused = await ask({ token });
  assert.equal(refused.kind === "refused" && refused.reason, "use_dpop_nonce");
  const nonce = new Map(refused.headers).get("dpop-nonce") ?? null;
  assert.equal(key.learn(nonce), true);
  const [first, second] = [await ask({ token }), await ask({})];
  assert.ok(first.kind === "proved" && second.kind === "proved");
  assert.equal(first.jkt, second.jkt);
  assert.equal((await ask({ token, jkt: first.jkt })).kind, "proved");
});

test("the private half cannot be read by anybody, and each key is another", async (context) => {
  const generate = context.mock.method(crypto.subtle, "generateKey");
  const call = { method: "GET", url: "https://api.example/" };
  const headers = await Promise.all(
    [createProofKey(), createProofKey()].map(async (key) => (await key.prove(call)).split(".")[0]),
  );
  assert.notEqual(headers[0], headers[1]);
  for (const { result } of generate.mock.calls) {
    const { privateKey } = (await result) as unknown as KeyPair;
    assert.equal(privateKey.extractable, false);
    await assert.rejects(crypto.subtle.exportKey("jwk", privateKey), { name: /^InvalidAccess/ });
  }
  const header = JSON.parse(Buffer.from(headers[0] ?? "", "base64url").toString()) as { jwk: object };
  assert.deepEqual(Object.keys(header.jwk).sort(), ["crv", "kty", "x", "y"]);
});

test("a key of one's own is used: it may be kept where scripts cannot read it", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keyPair = (await crypto.subtle.generateKey(algorithm, false, ["sign"])) as KeyPair;
  const { x } = await crypto.subtle.exportKey("jwk", keyPair.publicKey);
  const proof = await createProofKey({ keyPair }).prove({ method: "GET", url: "https://api.example/" });
  const header = Buffer.from(proof.split(".")[0] ?? "", "base64url").toString();
  assert.equal((JSON.parse(header) as { jwk: { x: string } }).jwk.x, x);
});

test("the nonce is stale at first, and 20 s after the last answer that brought one", () => {
  const { running, delay } = timers();
  const key = createProofKey({ delay });
  assert.equal(key.isStale, true);
  assert.equal(key.learn(null), false);
  assert.equal(key.isStale, true);
  assert.equal(key.learn("a"), true);
  assert.equal(key.learn("a"), false);
  assert.equal(key.isStale, false);
  assert.deepEqual([...running.values()], [20_000]);
  for (const done of running.keys()) done();
  assert.equal(key.isStale, true);
});

test("a page without WebCrypto is told why", (context) => {
  const { crypto } = globalThis;
  context.after(() => Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true }));
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  assert.throws(() => createProofKey(), { name: "TypeError", message: /https: and localhost/ });
});
