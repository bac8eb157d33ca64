import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { systemPlatform } from "../../../src/base/platform.js";
import { createAuth } from "../../../src/engine/auth.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { type OidcOptions, oidc } from "../../../src/handlers/oidc/oidc.js";
import type { Identity } from "../../../src/model/identity.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { type IdentityProvider, startIdentityProvider } from "./identity-provider.js";

const audience = "https://api.example";
let idp: IdentityProvider;
let token: string;
describe("handlers/oidc/oidc", () => {
  before(async () => {
    idp = await startIdentityProvider();
    idp.claims = { realm_access: { roles: ["ops", "staff"] }, name: "The Machine" };
    token = await idp.accessToken(audience);
  });
  after(() => idp.close());

  const make = (options: Partial<OidcOptions<Identity>> = {}) =>
    oidc<Identity>({ issuer: idp.issuer, audience, onWarning: () => {}, ...options });
  const present = async (payload: string, options: Partial<OidcOptions<Identity>> = {}): Promise<Verdict> =>
    (await make(options).fromHeader?.(payload, {} as HandlerContext)) as Verdict;

  test("a token of a real provider is its subject, with the roles of its groups, until it expires", async () => {
    const groupRoles = { ops: ["admin"], unused: ["other"] };
    const verdict = await present(token, { rolesClaim: "realm_access.roles", groupRoles, type: "at+jwt" });
    const identity = { subject: "machine", issuer: idp.issuer, roles: ["admin"], name: "The Machine" };
    assert.ok(verdict.kind === "accepted");
    assert.deepEqual(verdict.identity, identity);
    const lifeMs = (verdict.expiresAt ?? 0) - Date.now();
    assert.ok(lifeMs > 590_000 && lifeMs <= 605_000, `${lifeMs}`);
  });

  test("a token for another service is rejected, and one of another provider declined", async () => {
    const other = await startIdentityProvider();
    assert.equal((await present(await idp.accessToken("https://other.example"))).kind, "rejected");
    assert.equal((await present(await other.accessToken(audience))).kind, "declined");
    await other.close();
  });

  test("algorithms that the provider does not list, or that were not pinned, are refused", async () => {
    assert.equal((await present(token, { algorithms: ["RS256"] })).kind, "rejected");
    assert.equal((await present(token, { algorithms: ["RS256", "ES256"] })).kind, "accepted");
  });

  test("toIdentity sees mapping and claims, and may say that it is nobody", async () => {
    const toIdentity: OidcOptions<Identity>["toIdentity"] = (mapped, { scope }) => ({
      ...mapped,
      subject: `oidc:${mapped.subject}`,
      roles: [String(scope)],
    });
    const verdict = await present(token, { toIdentity });
    assert.ok(verdict.kind === "accepted");
    assert.equal(verdict.identity.subject, "oidc:machine");
    assert.deepEqual(verdict.identity.roles, ["read"]);
    assert.equal((await present(token, { toIdentity: () => null })).kind, "rejected");
  });

  test("as a log-in it offers a session that ends with the token", async () => {
    const auth = createAuth({ handlers: [make({ opens: "session" })], store: memory() });
    const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
    const outcome = await auth.logIn({ scheme: "Bearer", payload: token }, context);
    assert.ok(outcome.kind === "opened");
    const lifeMs = outcome.session.expiresAt - Date.now();
    assert.ok(lifeMs > 590_000 && lifeMs <= 605_000, `${lifeMs}`);
    const peer = { address: "192.0.2.1", trusted: false };
    const ask = (value: string) =>
      auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", value], peer });
    const offered = await ask(`Bearer ${token}`);
    assert.ok(offered.kind === "allowed" && offered.offer !== undefined);
    const again = await ask(`Bearer ${outcome.token}`);
    assert.ok(again.kind === "allowed");
    assert.equal(again.caller.identity.subject, "machine");
    await auth.close();
  });

  test("while the provider has never been reached, tokens are unavailable; then they are good", async () => {
    let ms = 0;
    const platform = { ...systemPlatform, monotonic: () => ms };
    const warnings: string[] = [];
    const gone = await startIdentityProvider();
    const lost = await gone.accessToken(audience);
    await gone.close();
    const handler = oidc({ issuer: gone.issuer, audience, platform, onWarning: (message) => warnings.push(message) });
    for (let call = 0; call < 3; call++) {
      assert.deepEqual(await handler.fromHeader?.(lost, {} as HandlerContext), { kind: "unavailable" });
      ms += 1_000;
    }
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^oidc: http:.*openid-configuration cannot be reached; its tokens and log-ins get 503$/,
    );
  });

  /** A provider that signs whatever it is told to. */
  async function startForger(more: Record<string, unknown> = {}) {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const served: string[] = [];
    const server = createServer((request, response) => {
      served.push(request.url ?? "");
      const body = request.url === "/jwks" ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks`, ...more };
      response.setHeader("connection", "close").end(JSON.stringify(body));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    after(() => server.close());
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sign = (claims: Record<string, unknown>) =>
      new SignJWT({ sub: "ada", iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
        .setProtectedHeader({ alg: "ES256" })
        .sign(privateKey);
    const kindOf = async (claims: Record<string, unknown>) => (await present(await sign(claims), { issuer })).kind;
    return { issuer, sign, kindOf, served };
  }

  test("acr and auth_time are what the caller proved and when; a session without them is never fresh", async () => {
    const { issuer, sign } = await startForger();
    const factsOf = async (claims: Record<string, unknown>, opens: "session" | "nothing") => {
      const { acr, authenticatedAt, kind } = (await present(await sign(claims), { issuer, opens })) as {
        kind: string;
        acr?: string;
        authenticatedAt?: number;
      };
      return [kind, acr, authenticatedAt];
    };
    const said = { acr: "urn:mace:incommon:iap:silver", auth_time: 1_800_000_000 };
    for (const opens of ["session", "nothing"] as const) {
      assert.deepEqual(await factsOf(said, opens), ["accepted", said.acr, 1_800_000_000_000]);
    }
    // A NumericDate may have a fraction (RFC 7519 §2), and a message carries whole milliseconds.
    const fraction = await factsOf({ auth_time: 1_800_000_000.123_456_7 }, "nothing");
    assert.deepEqual(fraction, ["accepted", undefined, 1_800_000_000_123]);
    assert.deepEqual(await factsOf({}, "nothing"), ["accepted", undefined, undefined]);
    assert.deepEqual(await factsOf({}, "session"), ["accepted", undefined, "unknown"]);
    for (const acr of ['a "quoted" one', "", "é", 7, "x".repeat(129)]) {
      assert.deepEqual(await factsOf({ acr, auth_time: "now" }, "nothing"), ["accepted", undefined, undefined]);
    }
  });

  test("scope and scp are what the token may do; one of another form allows nothing, and none means all", async () => {
    const { issuer, sign } = await startForger();
    for (const opens of ["session", "nothing"] as const) {
      const scopesOf = async (claims: Record<string, unknown>) =>
        ((await present(await sign(claims), { issuer, opens })) as { scopes?: readonly string[] }).scopes;
      assert.equal(await scopesOf({}), undefined);
      assert.deepEqual(await scopesOf({ scope: "openid  metrics" }), ["openid", "metrics"]);
      assert.deepEqual(await scopesOf({ scp: ["a", "b"] }), ["a", "b"]);
      assert.deepEqual(await scopesOf({ scp: "a b" }), ["a", "b"]);
      for (const scope of ["", {}, 7, false]) assert.deepEqual(await scopesOf({ scope }), []);
    }
  });

  test("ID tokens and log-out tokens are no access tokens, whatever their audience", async () => {
    const { kindOf } = await startForger();
    assert.equal(await kindOf({ typ: "Bearer" }), "accepted");
    const others = [{ at_hash: "x" }, { c_hash: "x" }, { typ: "ID" }, { events: {} }, { cnf: { jkt: "x" } }];
    for (const claims of others) assert.equal(await kindOf(claims), "rejected", JSON.stringify(claims));
  });

  test("what a provider lists narrows the algorithms and never widens them", async () => {
    const narrow = await startForger({ id_token_signing_alg_values_supported: ["RS256", "HS256", "none"] });
    assert.equal(await narrow.kindOf({}), "rejected");
    const wide = await startForger({ id_token_signing_alg_values_supported: ["none", "HS256", "ES256"] });
    assert.equal(await wide.kindOf({}), "accepted");
    const none = (await wide.sign({})).replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString("base64url"));
    assert.equal((await present(none, { issuer: wide.issuer })).kind, "rejected");
  });

  test("a forged, foreign or ill-formed token costs the provider nothing", async () => {
    const { issuer, served } = await startForger();
    const handler = make({ issuer });
    const forged = ["x.y.z", "opaque", `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: issuer }))}.x`];
    for (const payload of [...forged, token]) await handler.fromHeader?.(payload, {} as HandlerContext);
    assert.deepEqual(served, []);
  });

  const broken: readonly [why: string, options: Record<string, unknown>, message: RegExp][] = [
    ["no issuer", { issuer: undefined }, /issuer must be https/],
    ["an issuer over plain http", { issuer: "http://idp.example" }, /issuer must be https/],
    ["no audience", { audience: undefined }, /oidc needs audience/],
    ["an HMAC algorithm", { algorithms: ["HS256"] }, /oidc: algorithms must be some of/],
    ["a claim without a name", { rolesClaim: "" }, /a claim is a name/],
  ];
  for (const [why, options, message] of broken) {
    test(`refuses ${why}`, () => {
      assert.throws(() => make(options), { code: "invalid_options", message });
    });
  }
});

const suite = await startIdentityProvider();
const good = await suite.accessToken(audience);
const elsewhere = await suite.accessToken("https://other.example");
after(() => suite.close());
const create = () => oidc({ issuer: suite.issuer, audience });
describeHandler("oidc", {
  create,
  good: [{ payload: good, subject: "machine" }],
  bad: ["", "a.b.c", "..", elsewhere, `${good}=`, ` ${good}`, good.slice(0, -2)],
  stalled: {
    create: () =>
      oidc({ issuer: suite.issuer, audience, onWarning: () => {}, toIdentity: () => new Promise<null>(() => {}) }),
    payload: good,
  },
});
