import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { chain } from "../../../src/handlers/chain.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { type JwtOptions, jwt } from "../../../src/handlers/oidc/jwt.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";

const issuer = "https://idp.example";
const audience = "api";
const now = 1_800_000_000_000;
const seconds = now / 1_000;
const platform: Platform = { ...systemPlatform, now: () => now };

const keys = await generateKeyPair("ES256");
const otherKeys = await generateKeyPair("ES256");
const publicKey: JWK = { ...(await exportJWK(keys.publicKey)), kid: "one", alg: "ES256" };
const jwks = { keys: [publicKey] };

interface Changes {
  readonly header?: Record<string, unknown>;
  readonly claims?: JWTPayload;
  readonly key?: CryptoKey | KeyObject;
}

function sign({ header = {}, claims = {}, key = keys.privateKey }: Changes = {}): Promise<string> {
  const body = { sub: "ada", iss: issuer, aud: audience, exp: seconds + 600, ...claims };
  const crit = (header.crit as string[] | undefined) ?? [];
  const options = { crit: Object.fromEntries(crit.map((name) => [name, true])) };
  return new SignJWT(body).setProtectedHeader({ alg: "ES256", kid: "one", ...header }).sign(key, options);
}

/** A token with a header or body of our own choosing, under a signature that is some bytes. */
const forge = (header: unknown, claims: unknown = { sub: "ada", iss: issuer, aud: audience, exp: seconds + 600 }) =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.AAAA`;

const present = async (token: string, options: Partial<JwtOptions<{ subject: string }>> = {}): Promise<Verdict> =>
  (await jwt({ issuer, audience, jwks, platform, ...options }).fromHeader?.(token, {} as HandlerContext)) as Verdict;

const good = await sign();

test("a good token is its subject, until it expires", async () => {
  assert.deepEqual(await present(good), {
    kind: "accepted",
    identity: { subject: "ada", issuer },
    expiresAt: now + 600_000 + 5_000,
  });
});

test("it opens nothing, answers for Bearer, and is not remembered", () => {
  const { scheme, opens, remember } = jwt({ issuer, audience, jwks });
  assert.deepEqual({ scheme, opens, remember }, { scheme: "Bearer", opens: "nothing", remember: undefined });
});

const wrong: readonly [why: string, changes: Changes][] = [
  ["another audience", { claims: { aud: "other" } }],
  ["no audience", { claims: { aud: undefined as never } }],
  ["no exp", { claims: { exp: undefined as never } }],
  ["an exp that is a string", { claims: { exp: "9999999999" as never } }],
  ["an exp beyond the tolerance", { claims: { exp: seconds - 5 } }],
  ["nbf beyond the tolerance", { claims: { nbf: seconds + 6 } }],
  ["no subject", { claims: { sub: undefined as never } }],
  ["a key binding", { claims: { cnf: { jkt: "x" } } }],
  ["another key", { key: otherKeys.privateKey }],
  ["an unknown key id", { header: { kid: "two" } }],
  ["a key id that is a path", { header: { kid: "../../../dev/null" } }],
  ["a key id with SQL", { header: { kid: "x' UNION SELECT 'y" } }],
  ["an unknown crit", { header: { crit: ["urn:x"], "urn:x": 1 } }],
  ["the type of a log-out token", { header: { typ: "logout+jwt" } }],
  ["the type of an internal token", { header: { typ: "sallyport-identity+jwt" } }],
];
for (const [why, changes] of wrong) {
  test(`a token with ${why} is rejected`, async () => {
    assert.deepEqual(await present(await sign(changes)), { kind: "rejected" });
  });
}

test("exp and nbf may be off by less than the tolerance", async () => {
  assert.equal((await present(await sign({ claims: { exp: seconds - 4 } }))).kind, "accepted");
  assert.equal((await present(await sign({ claims: { nbf: seconds + 5 } }))).kind, "accepted");
  const exact = { clockToleranceMs: 0 };
  assert.equal((await present(await sign({ claims: { exp: seconds } }), exact)).kind, "rejected");
  assert.equal((await present(await sign({ claims: { exp: seconds + 1 } }), exact)).kind, "accepted");
});

test("alg none, HMAC with the public key, and odd headers are rejected", async () => {
  const hmac = new TextEncoder().encode(JSON.stringify(publicKey));
  const confused = await new SignJWT({ sub: "ada", iss: issuer, aud: audience, exp: seconds + 600 })
    .setProtectedHeader({ alg: "HS256", kid: "one" })
    .sign(hmac);
  const none = forge({ alg: "none" }).replace(/AAAA$/, "");
  const odd = [
    {},
    { alg: 7 },
    { alg: ["ES256"] },
    { alg: "es256" },
    { alg: "ES256", kid: 7 },
    { alg: "ES256", kid: "" },
  ];
  for (const token of [
    confused,
    none,
    forge({ alg: "none" }),
    ...odd.map((header) => forge(header)),
    forge([]),
    forge(null),
    forge("x"),
  ]) {
    assert.deepEqual(await present(token), { kind: "rejected" }, token);
  }
});

const unnamed = async ({ publicKey: key }: { readonly publicKey: CryptoKey }): Promise<JWK> => exportJWK(key);

test("a token without a key id is good under each of the keys that an issuer has while it rotates", async () => {
  const [before, after] = [await unnamed(otherKeys), await unnamed(keys)];
  const sets: readonly (readonly JWK[])[] = [
    [before, after],
    [after, before],
    [
      { ...before, alg: "ES256" },
      { ...after, alg: "ES256" },
    ],
    [
      { ...before, kid: "1" },
      { ...after, kid: "2" },
    ],
  ];
  for (const [index, set] of sets.entries()) {
    for (const key of [keys.privateKey, otherKeys.privateKey]) {
      const verdict = await present(await sign({ header: { kid: undefined }, key }), { jwks: { keys: [...set] } });
      assert.equal(verdict.kind, "accepted", `set ${index}`);
    }
    const { privateKey } = await generateKeyPair("ES256");
    const foreign = await sign({ header: { kid: undefined }, key: privateKey });
    assert.equal((await present(foreign, { jwks: { keys: [...set] } })).kind, "rejected", `set ${index}`);
    const late = await sign({ header: { kid: undefined }, claims: { exp: seconds - 60 } });
    assert.equal((await present(late, { jwks: { keys: [...set] } })).kind, "rejected", `set ${index}`);
  }
});

test("two keys of one id are both tried", async () => {
  const set = { keys: [await unnamed(otherKeys), await unnamed(keys)].map((key) => ({ ...key, kid: "one" })) };
  assert.equal((await present(good, { jwks: set })).kind, "accepted");
});

test("a key that is too short to be used does not hide the others of its set", async () => {
  const [weak, strong] = [1_024, 2_048].map((modulusLength) => generateKeyPairSync("rsa", { modulusLength }));
  assert.ok(weak !== undefined && strong !== undefined);
  const set = [weak, strong].map(({ publicKey }) => publicKey.export({ format: "jwk" }) as JWK);
  const header = { alg: "RS256", kid: undefined };
  const token = await sign({ header, key: strong.privateKey });
  for (const keys of [set, [...set].reverse()]) {
    assert.equal((await present(token, { jwks: { keys } })).kind, "accepted");
  }
});

test("no more than eight keys are tried for one token", async () => {
  const pairs = await Promise.all(Array.from({ length: 8 }, () => generateKeyPair("ES256")));
  const others = await Promise.all(pairs.map(unnamed));
  const token = await sign({ header: { kid: undefined } });
  const last = await unnamed(keys);
  assert.equal((await present(token, { jwks: { keys: [...others.slice(1), last] } })).kind, "accepted");
  assert.equal((await present(token, { jwks: { keys: [...others, last] } })).kind, "rejected");
});

test("a subject that no identity can have makes the token wrong, not the service unavailable", async () => {
  for (const sub of ["", "x".repeat(257), "a\nb", "\ud800"]) {
    assert.equal((await present(await sign({ claims: { sub } }))).kind, "rejected");
  }
});

test("a pinned list of algorithms refuses the others", async () => {
  assert.deepEqual(await present(good, { algorithms: ["RS256"] }), { kind: "rejected" });
  assert.equal((await present(good, { algorithms: ["ES256"] })).kind, "accepted");
});

test("one token has one spelling: spaces, padding and tail bits are refused before jose sees them", async () => {
  const [header = "", claims = "", signature = ""] = good.split(".");
  const last = signature.at(-1) ?? "";
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const tailBits = signature.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1];
  assert.deepEqual(Buffer.from(tailBits, "base64url"), Buffer.from(signature, "base64url"));
  for (const parts of [
    [header, claims, tailBits],
    [header, claims, `${signature.slice(0, 10)} ${signature.slice(10)}`],
    [header, claims, `${signature}==`],
    [`${header} `, claims, signature],
    [header, claims, `${signature}\n`],
    [header, "", signature],
    ["", claims, signature],
  ]) {
    assert.deepEqual(await present(parts.join(".")), { kind: "rejected" });
  }
});

test("what has not the shape of a JWT, or is another issuer's, is declined", async () => {
  const foreign = await sign({ claims: { iss: "https://other.example" } });
  for (const token of ["", "opaque", "a.b", `${good}.x.y`, foreign])
    assert.deepEqual(await present(token), { kind: "declined" });
});

test("a chain holds one jwt per issuer, each with its own keys and algorithms", async () => {
  const other = "https://other.example";
  const otherJwk = { ...(await exportJWK(otherKeys.publicKey)), kid: "one" };
  const handler = chain("Bearer", [
    jwt({ issuer, audience, jwks, platform, algorithms: ["ES384"] }),
    jwt({ issuer: other, audience, jwks: { keys: [otherJwk] }, platform }),
  ]);
  const verdictOf = async (changes: Changes) =>
    (await handler.fromHeader?.(await sign(changes), {} as HandlerContext))?.kind;
  assert.equal(await verdictOf({ claims: { iss: other }, key: otherKeys.privateKey }), "accepted");
  assert.equal(await verdictOf({ claims: { iss: other } }), "rejected");
  assert.equal(await verdictOf({}), "rejected");
});

test("a type can be required", async () => {
  const type = "at+jwt";
  const kindOf = async (typ: string | undefined) =>
    (await present(await sign(typ ? { header: { typ } } : {}), { type })).kind;
  assert.equal(await kindOf("at+jwt"), "accepted");
  assert.equal(await kindOf("application/AT+JWT"), "accepted");
  assert.equal(await kindOf("JWT"), "rejected");
  assert.equal(await kindOf(undefined), "rejected");
});

test("toIdentity makes the identity, and may say that it is nobody", async () => {
  const token = await sign({ claims: { groups: ["ops"] } });
  const verdict = await present(token, {
    toIdentity: (claims) => ({ subject: `x:${claims.sub}`, roles: claims.groups as string[] }),
  });
  assert.equal(verdict.kind, "accepted");
  assert.deepEqual((verdict as { identity: unknown }).identity, { subject: "x:ada", roles: ["ops"] });
  for (const nobody of [null, undefined, false] as const) {
    assert.deepEqual(await present(token, { toIdentity: async () => nobody }), { kind: "rejected" });
  }
});

/** An issuer's key server that can be turned off. */
async function keyServer() {
  const state = { status: 200, body: JSON.stringify(jwks), fetches: 0, ms: 0 };
  const server = createServer((_request, response) => {
    state.fetches++;
    response.writeHead(state.status, { "content-type": "application/json", connection: "close" }).end(state.body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const handler = jwt({
    ...{ issuer, audience, jwks: url, platform: { ...platform, monotonic: () => state.ms } },
    onWarning: () => {},
  });
  const kindOf = async (token: string) => (await handler.fromHeader?.(token, {} as HandlerContext))?.kind;
  return { state, kindOf, close: () => server.close() };
}

for (const [why, fault] of [
  ["answers 500", { status: 500 }],
  ["redirects", { status: 302 }],
  ["answers no JSON", { body: "<html>" }],
  ["answers no key set", { body: "{}" }],
] as const) {
  test(`a key server that ${why} makes tokens unavailable, not rejected, and is asked once a second at most`, async () => {
    const { state, kindOf, close } = await keyServer();
    Object.assign(state, fault);
    for (let call = 0; call < 5; call++) assert.equal(await kindOf(good), "unavailable");
    assert.equal(state.fetches, 1);
    Object.assign(state, { status: 200, body: JSON.stringify(jwks), ms: 1_000 });
    assert.equal(await kindOf(good), "accepted");
    assert.equal(state.fetches, 2);
    close();
  });
}

test("a key server that is not there makes tokens unavailable", async () => {
  const { kindOf, close } = await keyServer();
  await new Promise((closed) => setImmediate(closed, close()));
  assert.equal(await kindOf(good), "unavailable");
});

const broken: readonly [why: string, options: Record<string, unknown>, message: RegExp][] = [
  ["no issuer", { issuer: undefined }, /needs issuer/],
  ["an empty issuer", { issuer: "" }, /needs issuer/],
  ["no audience", { audience: undefined }, /needs audience/],
  ["an empty list of audiences", { audience: [] }, /needs audience/],
  ["no keys", { jwks: undefined }, /key set .* or the URL/],
  ["an empty key set", { jwks: { keys: [] } }, /holds no keys/],
  ["a shared secret", { jwks: { keys: [{ kty: "oct", k: "c2VjcmV0" }] } }, /public keys only/],
  ["a shared secret without its value", { jwks: { keys: [{ kty: "oct" }] } }, /public keys only/],
  ["a private key", { jwks: { keys: [{ ...publicKey, d: "x" }] } }, /public keys only/],
  ["keys over plain http", { jwks: "http://idp.example/jwks" }, /must be https/],
  ["algorithm none", { algorithms: ["none"] }, /any client could sign/],
  ["an HMAC algorithm", { algorithms: ["RS256", "HS256"] }, /algorithms must be some of/],
  ["no algorithm", { algorithms: [] }, /algorithms must be some of/],
];
for (const [why, options, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => jwt({ issuer, audience, jwks, ...options } as never), { code: "invalid_options", message });
  });
}

const suiteToken = await sign();
const foreignKey = await sign({ key: otherKeys.privateKey });
describeHandler("jwt", {
  create: () => jwt({ issuer, audience: ["other", audience], jwks, platform }),
  good: [{ payload: suiteToken, subject: "ada" }],
  bad: ["", "a.b.c", "..", foreignKey, forge({ alg: "none" }), `${suiteToken}=`, ` ${suiteToken}`],
  stalled: {
    create: () => jwt({ issuer, audience, jwks, platform, toIdentity: () => new Promise<null>(() => {}) }),
    payload: suiteToken,
  },
});
