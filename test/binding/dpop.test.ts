import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { test } from "node:test";
import { createDpop, type Dpop, type DpopCheck, type ExpectedBinding } from "../../src/binding/dpop.js";
import { type DpopOptions, resolveDpop } from "../../src/binding/dpop-options.js";
import { openKeys, randomKeys } from "../../src/keys/key-ring.js";
import { createWorld } from "../world.js";
import { athOf, createProofMaker, type Members } from "./proof-maker.js";

const token = `sps_${"A".repeat(80)}`;
const path = "/orders/7";
const url = `https://api.example${path}`;
const rawHeaders = ["Host", "api.example", "Accept", "*/*"];

const world = () => {
  const { platform, advance } = createWorld();
  const keys = openKeys(randomKeys(platform), platform);
  const shared = new Set<string>();
  const share = (id: string) => !shared.has(id) && Boolean(shared.add(id));
  const start = (options: DpopOptions = {}, parts = {}) =>
    createDpop({ options: resolveDpop(options), realm: "test", keys, platform, share, ...parts });
  return { platform, advance, keys, start };
};

type Sent = { readonly proofs?: readonly string[]; readonly headers?: readonly string[]; readonly path?: string };

function check(
  dpop: Dpop,
  { proofs = [], headers = rawHeaders, ...rest }: Sent,
  expected: ExpectedBinding = { token },
) {
  const dpopFields = proofs.flatMap((proof) => ["DPoP", proof]);
  const checked = dpop.check({ method: "GET", path, ...rest, rawHeaders: [...headers, ...dpopFields] }, expected);
  assert.ok(!(checked instanceof Promise), "nothing is awaited");
  return checked;
}

const outcome = (checked: DpopCheck) => (checked.kind === "proved" ? "proved" : checked.reason);
const nonceOf = (checked: DpopCheck) => new Map(checked.headers).get("dpop-nonce");

/** A server, a client that has its nonce, and a proof that is good as long as nothing in it is changed. */
function setUp(options: DpopOptions = {}) {
  const { start, advance, platform, keys } = world();
  const dpop = start(options);
  const client = createProofMaker();
  const nonce = nonceOf(check(dpop, {}));
  const prove = (claims: Members = {}, header?: Members) =>
    client.prove({ htu: url, ath: athOf(token), nonce, ...claims }, header);
  const judge = (proof: string) => outcome(check(dpop, { proofs: [proof] }, { token, jkt: client.jkt }));
  return { dpop, client, nonce, prove, judge, advance, platform, keys, start };
}

for (const alg of ["ES256", "EdDSA", "Ed25519"] as const) {
  test(`a proof signed by ${alg} is good once, and names its key by RFC 7638`, () => {
    const { dpop, nonce } = setUp();
    const client = createProofMaker(alg);
    const proof = client.prove({ htu: url, ath: athOf(token), nonce });
    assert.deepEqual(check(dpop, { proofs: [proof] }, { token, jkt: client.jkt }), {
      kind: "proved",
      jkt: client.jkt,
      headers: undefined,
    });
    assert.equal(outcome(check(dpop, { proofs: [proof] }, { token, jkt: client.jkt })), "invalid_dpop_proof");
  });
}

test("the thumbprint is that of RFC 9449, figure 6", () => {
  // The proof of figure 2, which RFC 9449 binds to this thumbprint; its instant is that of the document.
  const proof =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
  const { start, platform } = world();
  const dpop = start({ nonce: false }, { platform: { ...platform, now: () => 1_562_262_616_000 } });
  const request = { method: "POST", path: "/token", rawHeaders: ["host", "server.example.com", "dpop", proof] };
  const checked = dpop.check(request, {});
  assert.deepEqual(checked, { kind: "proved", jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", headers: undefined });
});

/** What the header says in place of what is right, given the client's key. */
type WrongHeader = (jwk: Members) => Members;
const change =
  (members: Members): WrongHeader =>
  () =>
    members;
const changeKey =
  (members: Members): WrongHeader =>
  (jwk) => ({ jwk: { ...jwk, ...members } });
const changeX =
  (spell: (x: Buffer) => string): WrongHeader =>
  (jwk) => ({ jwk: { ...jwk, x: spell(Buffer.from(String(jwk.x), "base64url")) } });
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** The same bytes, with a spare bit set. */
const respell = (text: string) => text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? "") | 1];

/** Everything that RFC 9449 §4.3 and RFC 8725 tell to check, each wrong by itself. */
const wrongClaims: readonly [why: string, claims: Members][] = [
  ["another method", { htm: "POST" }],
  ["the method in another case", { htm: "get" }],
  ["no method", { htm: undefined }],
  ["another path", { htu: "https://api.example/orders/8" }],
  ["a longer path", { htu: `${url}/` }],
  ["another path by case", { htu: "https://api.example/Orders/7" }],
  ["an encoded separator for a separator", { htu: "https://api.example/orders%2F7" }],
  ["dots in the path", { htu: "https://api.example/x/../orders/7" }],
  ["another host", { htu: `https://evil.example${path}` }],
  ["another port", { htu: `https://api.example:8443${path}` }],
  ["a user before the host", { htu: `https://api.example@evil.example${path}` }],
  ["a user before our host", { htu: `https://ada@api.example${path}` }],
  ["a backslash", { htu: `https://evil.example\\@api.example${path}` }],
  ["another scheme", { htu: `ftp://api.example${path}` }],
  ["another path before a query", { htu: `https://api.example/orders?${path}` }],
  ["another path before a fragment", { htu: `https://api.example/orders#${path}` }],
  ["another host before a query", { htu: `https://evil.example?https://api.example${path}` }],
  ["another host before a fragment", { htu: `https://evil.example#@api.example${path}` }],
  ["a path alone", { htu: path }],
  ["no URL", { htu: undefined }],
  ["a URL that is a list", { htu: [url] }],
  ["the hash of another token", { ath: athOf(`${token}B`) }],
  ["the token itself as its hash", { ath: token }],
  ["no hash of the token", { ath: undefined }],
  ["a hash that is null", { ath: null }],
  ["no id", { jti: undefined }],
  ["an empty id", { jti: "" }],
  ["an id that is a number", { jti: 7 }],
  ["an id without end", { jti: "x".repeat(257) }],
  ["no instant", { iat: undefined }],
  ["an instant that is text", { iat: "1800000000" }],
  ["a nonce that is a number", { nonce: 7 }],
];
const wrongHeaders: readonly [why: string, header: WrongHeader][] = [
  ["another type", change({ typ: "JWT" })],
  ["its type with a prefix", change({ typ: "application/dpop+jwt" })],
  ["no type", change({ typ: undefined })],
  ["no algorithm", change({ alg: undefined })],
  ["alg none", change({ alg: "none" })],
  ["a symmetric algorithm", change({ alg: "HS256" })],
  ["another algorithm of the same curve family", change({ alg: "ES384" })],
  ["an algorithm that every object has", change({ alg: "constructor" })],
  ["another algorithm than the key's", change({ alg: "EdDSA" })],
  ["no key", change({ jwk: undefined })],
  ["a key that is null", change({ jwk: null })],
  ["a key that is text", change({ jwk: "key" })],
  ["a key of another kind", changeKey({ kty: "RSA" })],
  ["a key of another curve", changeKey({ crv: "secp256k1" })],
  ["half a key", changeKey({ y: undefined })],
  ["a short coordinate", changeX((x) => x.subarray(1).toString("base64url"))],
  ["a coordinate with a zero in front", changeX((x) => Buffer.concat([Buffer.alloc(1), x]).toString("base64url"))],
  ["a coordinate with tail bits", changeX((x) => respell(x.toString("base64url")))],
  ["a padded coordinate", changeX((x) => x.toString("base64"))],
  ["a coordinate that is a list", (jwk) => ({ jwk: { ...jwk, x: [jwk.x] } })],
  ["a point that is not on the curve", changeX(() => Buffer.alloc(32, 1).toString("base64url"))],
  ["the point zero", changeKey({ x: "A".repeat(43), y: "A".repeat(43) })],
  ["a private key beside the public one", changeKey({ d: "A".repeat(43) })],
  ["a private key that is null", changeKey({ d: null })],
  ["a secret", changeKey({ k: "AAAA" })],
  ["a critical extension", change({ crit: ["exp"] })],
  ["an unencoded payload", change({ b64: false, crit: ["b64"] })],
];

for (const [why, claims] of wrongClaims) {
  test(`refused: ${why}`, () => {
    const { judge, prove } = setUp();
    assert.equal(judge(prove()), "proved", "with nothing wrong it is good");
    assert.equal(judge(prove(claims)), "invalid_dpop_proof");
  });
}

for (const [why, header] of wrongHeaders) {
  test(`refused: ${why}`, () => {
    const { dpop, client, prove } = setUp();
    const proof = prove({}, header(client.jwk));
    // Without a key to compare: each is refused for itself, and not since it is another key.
    assert.equal(outcome(check(dpop, { proofs: [proof] })), "invalid_dpop_proof");
  });
}

test("what a client may add changes nothing: the members of a WebCrypto key, claims of its own", () => {
  const { judge, prove, client } = setUp();
  const jwk = { key_ops: ["verify"], ext: true, kid: "1", use: "sig", ...client.jwk };
  assert.equal(judge(prove({ exp: 1, "https://x.example": {} }, { jwk, kid: "1" })), "proved");
});

test("a good proof of another key is refused: the thief has a key, but not this one", () => {
  const { judge, nonce } = setUp();
  assert.equal(judge(createProofMaker().prove({ htu: url, ath: athOf(token), nonce })), "invalid_dpop_proof");
});

test("another key's signature under the right key is refused", () => {
  const { judge, nonce, client } = setUp();
  const thief = createProofMaker();
  assert.equal(judge(thief.prove({ htu: url, ath: athOf(token), nonce }, { jwk: client.jwk })), "invalid_dpop_proof");
});

test("a public key used as an HMAC secret signs nothing", () => {
  const { judge, prove, client } = setUp();
  const [, body = ""] = prove().split(".");
  const head = Buffer.from(JSON.stringify({ typ: "dpop+jwt", alg: "HS256", jwk: client.jwk })).toString("base64url");
  const pem = createPublicKey({ key: client.jwk as never, format: "jwk" }).export({ type: "spki", format: "pem" });
  const mac = createHmac("sha256", pem).update(`${head}.${body}`).digest("base64url");
  assert.equal(judge(`${head}.${body}.${mac}`), "invalid_dpop_proof");
});

test("any bit of a signature changed is refused, and so is a signature in DER, doubled, cut or empty", () => {
  const { judge, prove } = setUp();
  const [head, body, text = ""] = prove().split(".");
  const signature = Buffer.from(text, "base64url");
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = Buffer.from(signature);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(judge(`${head}.${body}.${changed.toString("base64url")}`), "invalid_dpop_proof", `bit ${bit}`);
  }
  const integers = [signature.subarray(0, 32), signature.subarray(32)];
  const der = Buffer.concat(integers.map((half) => Buffer.concat([Buffer.from([2, 33, 0]), half])));
  const others = [
    Buffer.concat([Buffer.from([0x30, der.length]), der]),
    Buffer.concat([signature, signature]),
    signature.subarray(0, 63),
    Buffer.alloc(64),
    Buffer.alloc(0),
  ];
  for (const wrong of others)
    assert.equal(judge(`${head}.${body}.${wrong.toString("base64url")}`), "invalid_dpop_proof");
});

test("a proof has one spelling, and comes once", () => {
  const { dpop, client, prove, judge } = setUp();
  const [head, body, signature] = prove().split(".");
  for (const text of [
    `${head}.${body}`,
    `${head}.${body}.${signature}.`,
    `${head}.${body}.${signature}=`,
    `${head}.${body} .${signature}`,
    ` ${head}.${body}.${signature}`,
    `"${head}.${body}.${signature}"`,
    `${head}.${body}.${signature}, ${head}.${body}.${signature}`,
    prove({ extra: "x".repeat(4_000) }),
    "",
    "..",
  ]) {
    assert.equal(judge(text), "invalid_dpop_proof", text);
  }
  const expected = { token, jkt: client.jkt };
  const twice = check(dpop, { proofs: [prove(), prove()] }, expected);
  assert.equal(outcome(twice), "invalid_dpop_proof", "two good ones: which one did a proxy check?");
  const equal = prove();
  assert.equal(outcome(check(dpop, { proofs: [equal, equal] }, expected)), "invalid_dpop_proof");
  assert.equal(judge(`${head}.${body}.${signature}`), "proved", "none of it was used up");
});

test("without a proof it is refused, and the answer brings a nonce", () => {
  const { dpop, nonce } = setUp();
  const checked = check(dpop, {});
  assert.equal(outcome(checked), "invalid_dpop_proof");
  assert.equal(nonceOf(checked), nonce);
  assert.match(nonce ?? "", /^[A-Za-z0-9_-]{32}$/);
});

test("a log-in's proof is for no token: one with a hash was made for a call", () => {
  const { dpop, prove, client } = setUp();
  assert.equal(outcome(check(dpop, { proofs: [prove()] }, {})), "invalid_dpop_proof");
  const proof = prove({ ath: undefined });
  assert.deepEqual(check(dpop, { proofs: [proof] }, {}), { kind: "proved", jkt: client.jkt, headers: undefined });
  assert.equal(outcome(check(dpop, { proofs: [proof] }, {})), "invalid_dpop_proof", "and is used up");
});

// RFC 9449 §8
test("a missing, invented or foreign nonce is answered with a good one", () => {
  const { dpop, client, prove, nonce = "", platform, start } = setUp();
  const otherRealm = start({}, { realm: "another" });
  const otherKeys = start({}, { keys: openKeys(randomKeys(platform), platform) });
  const last = nonce.endsWith("A") ? "B" : "A";
  for (const wrong of [
    undefined,
    "",
    "x",
    nonce.slice(0, 31) + last,
    nonce.slice(1),
    `${nonce}A`,
    nonceOf(check(otherRealm, {})),
    nonceOf(check(otherKeys, {})),
  ]) {
    const checked = check(dpop, { proofs: [prove({ nonce: wrong })] }, { token, jkt: client.jkt });
    assert.equal(outcome(checked), "use_dpop_nonce", String(wrong));
    assert.equal(nonceOf(checked), nonce);
  }
});

test("every node that shares the ring takes a nonce, in its step and the next; then it is old", () => {
  const { start, client, prove, nonce, advance, platform } = setUp();
  const expected = { token, jkt: client.jkt };
  const at = (ms: number) => {
    advance(ms);
    return check(start(), { proofs: [prove()] }, expected);
  };
  const intoStep = platform.now() % 60_000;
  assert.equal(outcome(at(60_000 - intoStep - 1)), "proved");
  const later = at(1);
  assert.equal(outcome(later), "proved");
  assert.notEqual(nonceOf(later), nonce, "and the answer brings the next one");
  assert.equal(nonceOf(later)?.length, 32);
  assert.equal(outcome(at(59_999)), "proved");
  assert.equal(outcome(at(1)), "use_dpop_nonce");
});

test("a node whose clock is behind takes the nonce of one that is ahead", () => {
  const { start, client, prove, nonce, platform } = setUp();
  const behind = start({}, { platform: { ...platform, now: () => platform.now() - 60_000 } });
  assert.equal(outcome(check(behind, { proofs: [prove({ nonce })] }, { token, jkt: client.jkt })), "proved");
  const far = start({}, { platform: { ...platform, now: () => platform.now() - 120_000 } });
  assert.equal(outcome(check(far, { proofs: [prove({ nonce })] }, { token, jkt: client.jkt })), "use_dpop_nonce");
});

test("with a nonce the client's clock does not matter", () => {
  const { judge, prove } = setUp();
  for (const iat of [0, 1e12, -1]) assert.equal(judge(prove({ iat })), "proved", String(iat));
});

test("without nonces a proof is good for proofLifeMs by the client's clock, which may be 5 s ahead", () => {
  const { start, platform } = world();
  const dpop = start({ nonce: false, proofLifeMs: 30_000 });
  const client = createProofMaker();
  const now = platform.now() / 1_000;
  const judge = (iat: number) => {
    const proof = client.prove({ htu: url, ath: athOf(token), iat });
    const checked = check(dpop, { proofs: [proof] }, { token, jkt: client.jkt });
    assert.equal(checked.headers, undefined);
    return outcome(checked);
  };
  for (const good of [now, now - 30, now + 5, now - 0.5]) assert.equal(judge(good), "proved", String(good - now));
  for (const bad of [now - 30.001, now + 5.001, 0, 1e300, -1e300, now * 1_000]) {
    assert.equal(judge(bad), "invalid_dpop_proof", String(bad - now));
  }
});

// RFC 9449 §11.1
for (const nonce of [true, false]) {
  test(`a copied proof is refused for as long as it could be good, ${nonce ? "with" : "without"} nonces`, () => {
    const { dpop, client, prove, judge, advance, platform } = setUp({ nonce });
    const copied = prove({ iat: platform.now() / 1_000 });
    assert.equal(judge(copied), "proved");
    const seen = new Set<string>();
    for (let ms = 0; ms <= 200_000; ms += 997) {
      advance(997);
      const fresh = nonceOf(check(dpop, {}));
      const mine = client.prove({ htu: url, ath: athOf(token), nonce: fresh, iat: platform.now() / 1_000 });
      assert.equal(judge(mine), "proved", "the memory moves on with honest calls");
      seen.add(judge(copied));
    }
    assert.deepEqual(seen, new Set(nonce ? ["invalid_dpop_proof", "use_dpop_nonce"] : ["invalid_dpop_proof"]));
  });
}

test("one id of two keys is two proofs", () => {
  const { dpop, client, nonce } = setUp();
  const second = createProofMaker();
  const claims = { jti: "0123456789abcdef", htu: url, ath: athOf(token), nonce };
  assert.equal(outcome(check(dpop, { proofs: [client.prove(claims)] })), "proved");
  assert.equal(outcome(check(dpop, { proofs: [second.prove(claims)] })), "proved");
  assert.equal(outcome(check(dpop, { proofs: [client.prove(claims)] })), "invalid_dpop_proof");
});

test("a proof that was refused is not used up", () => {
  const { dpop, client, prove } = setUp();
  const proof = prove();
  const jkt = createProofMaker().jkt;
  assert.equal(outcome(check(dpop, { proofs: [proof] }, { token, jkt })), "invalid_dpop_proof");
  assert.equal(outcome(check(dpop, { proofs: [proof] }, { token, jkt: client.jkt })), "proved");
});

test("sharedReplay: what one node has seen is refused by the others, and a store that fails is unavailable", async () => {
  const { start, client, prove } = setUp();
  const request = (proof: string) => ({ method: "GET", path, rawHeaders: [...rawHeaders, "DPoP", proof] });
  const expected = { token, jkt: client.jkt };
  const proof = prove();
  const alone = [start(), start()].map((node) => outcome(check(node, { proofs: [proof] }, expected)));
  assert.deepEqual(alone, ["proved", "proved"], "the control: by themselves, nodes do not tell each other");

  const lives: number[] = [];
  const stored = new Set<string>();
  const share = async (id: string, lifeMs: number) => {
    lives.push(lifeMs);
    return !stored.has(id) && Boolean(stored.add(id));
  };
  const nodes = [start({ sharedReplay: true }, { share }), start({ sharedReplay: true }, { share })];
  const again = await Promise.all(nodes.map(async (node) => outcome(await node.check(request(proof), expected))));
  assert.deepEqual(again.sort(), ["invalid_dpop_proof", "proved"]);
  assert.deepEqual(lives, [180_000, 180_000]);
  assert.doesNotMatch([...stored].join(), new RegExp(client.jkt));

  for (const broken of [() => Promise.reject(new Error("down")), () => assert.fail("down")]) {
    const node = start({ sharedReplay: true }, { share: broken });
    assert.equal(outcome(await node.check(request(prove()), expected)), "unavailable");
  }
});

const targets: readonly [
  why: string,
  htu: string,
  headers: readonly string[],
  path: string,
  baseUrls?: readonly string[],
][] = [
  ["plain HTTP", `http://api.example${path}`, rawHeaders, path],
  ["a port that is the default", `https://api.example:443${path}`, rawHeaders, path],
  ["a default port in Host", url, ["host", "api.example:443"], path],
  ["another port in both", `https://api.example:8443${path}`, ["host", "api.example:8443"], path],
  ["another case in scheme and host", `HTTPS://API.example${path}`, rawHeaders, path],
  ["HTTP/2's authority", url, [":authority", "api.example"], path],
  ["both, when they agree", url, [":authority", "api.example", "host", "api.example"], path],
  ["octets in small letters", "https://api.example/caf%c3%a9", rawHeaders, "/caf%C3%A9"],
  ["octets that need no encoding", "https://api.example/%7Eada", rawHeaders, "/~ada"],
  ["a query, which does not count", `${url}?a=1`, rawHeaders, path],
  ["a fragment, which does not count", `${url}#top`, rawHeaders, path],
  ["a query behind no path", "https://api.example?a=/b", rawHeaders, "/"],
  ["a query behind a base URL", `https://a.example/api${path}?a`, rawHeaders, path, ["https://a.example/api/"]],
  ["no path at all", "https://api.example", rawHeaders, "/"],
  ["a base URL, whatever Host says", `https://public.example${path}`, rawHeaders, path, ["https://public.example"]],
  ["one of two base URLs", `https://b.example${path}`, rawHeaders, path, ["https://a.example", "https://b.example/"]],
  ["a base URL with a path", `https://a.example/api${path}`, rawHeaders, path, ["https://a.example/api/"]],
];
for (const [why, htu, headers, at, baseUrls] of targets) {
  test(`the same target: ${why}`, () => {
    const { dpop, prove } = setUp(baseUrls && { baseUrls });
    assert.equal(outcome(check(dpop, { proofs: [prove({ htu })], headers, path: at })), "proved");
  });
}

const otherTargets: typeof targets = [
  ["two authorities", url, [":authority", "api.example", "host", "evil.example"], path],
  ["two of Host", url, ["host", "api.example", "host", "evil.example"], path],
  ["no authority", url, [], path],
  ["a forwarded host", url, ["host", "internal", "x-forwarded-host", "api.example"], path],
  ["Host, where base URLs are named", url, rawHeaders, path, ["https://public.example"]],
  ["the other scheme, where base URLs are named", `http://a.example${path}`, rawHeaders, path, ["https://a.example"]],
  ["a longer host", `https://a.example.evil.example${path}`, rawHeaders, path, ["https://a.example"]],
];
for (const [why, htu, headers, at, baseUrls] of otherTargets) {
  test(`not the same target: ${why}`, () => {
    const { dpop, prove } = setUp(baseUrls && { baseUrls });
    assert.equal(outcome(check(dpop, { proofs: [prove({ htu })], headers, path: at })), "invalid_dpop_proof");
  });
}

test("options that are wrong are refused with the remedy", () => {
  const baseUrls = (text: string) => () => resolveDpop({ baseUrls: [text] });
  for (const text of [
    "api.example",
    "ftp://api.example",
    "https://ada@api.example",
    "https://a.example/?x",
    "https://a.example/#x",
    "",
  ]) {
    assert.throws(baseUrls(text), { code: "invalid_options", message: /must be a URL such as https:\/\/api\.example/ });
  }
  for (const proofLifeMs of [29_999, 600_001, 30_000.5, Number.NaN]) {
    assert.throws(() => resolveDpop({ proofLifeMs }), { code: "invalid_options", message: /from 30000 to 600000/ });
  }
  assert.deepEqual(resolveDpop(), { baseUrls: [], nonce: true, proofLifeMs: 60_000, sharedReplay: false });
});

test("only the key of a signed proof is remembered, and a remembered one is checked like a new one", () => {
  const { judge, prove } = setUp();
  const [head, body, signature = ""] = prove().split(".");
  const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  for (let round = 0; round < 3; round++) {
    assert.equal(judge(forged), "invalid_dpop_proof");
    assert.equal(judge(prove()), "proved");
  }
  assert.equal(judge(createProofMaker().prove({ htu: url, ath: athOf(token) })), "invalid_dpop_proof");
});
