import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { createHandler } from "../../../src/gateway/config/handlers.js";
import { parseConfig } from "../../../src/gateway/config/parse-config.js";
import type { Handler, HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { type JwtOptions, jwt } from "../../../src/handlers/oidc/jwt.js";
import { type OidcOptions, oidc } from "../../../src/handlers/oidc/oidc.js";
import type { Identity } from "../../../src/model/identity.js";

const audience = "api";
const [ours, partner, stranger] = ["tenant-a", "tenant-b", "tenant-c"] as const;
const tenants = [ours, partner];

/** Each tenant of the provider has its own keys, and the same key id. */
const keys = new Map<string, { readonly privateKey: CryptoKey; readonly jwk: JWK }>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? "");
  const [, tenant = "", rest] = /^\/([\w-]+)\/v2\.0\/(.*)$/.exec(request.url ?? "") ?? [];
  const key = keys.get(tenant);
  if (key === undefined) response.statusCode = 404;
  const metadata = { issuer: issuerOf(tenant), jwks_uri: `${issuerOf(tenant)}/keys` };
  response.end(JSON.stringify(rest === "keys" ? { keys: [key?.jwk] } : metadata));
});
let origin = "";
const issuerOf = (tenant: string) => `${origin}/${tenant}/v2.0`;

describe("handlers/oidc/tenants", () => {
  before(async () => {
    for (const tenant of [ours, partner, stranger]) {
      const { privateKey, publicKey } = await generateKeyPair("ES256");
      keys.set(tenant, { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" } });
    }
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const sign = (tenant: string, claims: JWTPayload = {}, by = tenant): Promise<string> =>
    new SignJWT({ sub: "ada", iss: issuerOf(tenant), tid: tenant, aud: audience, ...claims })
      .setExpirationTime("5m")
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .sign(keys.get(by)?.privateKey ?? assert.fail());

  type Options = Partial<OidcOptions<Identity> & JwtOptions<Identity>>;

  const makers: readonly (readonly [name: string, make: (options?: Options) => Handler<Identity>])[] = [
    [
      "oidc",
      (options) =>
        oidc<Identity>({ issuer: issuerOf("{tenantid}"), audience, tenants, onWarning: () => {}, ...options }),
    ],
    [
      "jwt",
      (options) =>
        jwt<Identity>({
          ...{ issuer: issuerOf("{tenantid}"), audience, tenants, jwks: `${issuerOf("{tenantid}")}/keys` },
          ...options,
        }),
    ],
  ];

  for (const [name, make] of makers) {
    const present = async (token: string, handler = make()): Promise<Verdict> =>
      (await handler.fromHeader?.(token, {} as HandlerContext)) as Verdict;

    test(`${name}: each listed tenant's token is a caller of that tenant: one name in two is two subjects`, async () => {
      const handler = make();
      for (const tenant of tenants) {
        const verdict = await present(await sign(tenant), handler);
        assert.ok(verdict.kind === "accepted");
        const { subject, issuer } = verdict.identity as Identity & { issuer?: string };
        assert.deepEqual({ subject, issuer }, { subject: `${tenant}/ada`, issuer: issuerOf(tenant) });
      }
    });

    test(`${name}: a tenant that is not listed is declined, and nothing is fetched for it`, async () => {
      asked.length = 0;
      const handler = make();
      for (const iss of [
        issuerOf(stranger),
        issuerOf("{tenantid}"),
        issuerOf("%7Btenantid%7D"),
        issuerOf("tenant-A"),
      ]) {
        assert.equal((await present(await sign(stranger, { iss }), handler)).kind, "declined", iss);
      }
      assert.deepEqual(asked, []);
    });

    test(`${name}: keys of one tenant sign for no other`, async () => {
      assert.equal((await present(await sign(ours, {}, partner))).kind, "rejected");
      assert.equal((await present(await sign(ours, {}, stranger))).kind, "rejected");
    });

    test(`${name}: the claim must name the tenant that iss names`, async () => {
      for (const tid of [partner, stranger, "", "TENANT-A", undefined, [ours], 7]) {
        assert.equal((await present(await sign(ours, { tid }))).kind, "rejected", JSON.stringify(tid));
      }
      const handler = make({ tenantClaim: "organization" });
      assert.equal((await present(await sign(ours, { organization: ours, tid: partner }), handler)).kind, "accepted");
      assert.equal((await present(await sign(ours), handler)).kind, "rejected");
    });

    test(`${name}: a subject that the tenant's id makes too long is refused, not unavailable`, async () => {
      assert.equal((await present(await sign(ours, { sub: "a".repeat(250) }))).kind, "rejected");
      assert.equal((await present(await sign(ours, { sub: "a".repeat(240) }))).kind, "accepted");
    });

    test(`${name}: no pattern is taken for a tenant, and placeholder and tenants need each other`, () => {
      const wrong: readonly [Options, RegExp][] = [
        [{ tenants: ["*"] }, /no pattern is taken/],
        [{ tenants: ["a/b"] }, /tenants must be ids/],
        [{ tenants: [".."] }, /tenants must be ids/],
        [{ tenants: [""] }, /tenants must be ids/],
        [{ tenants: ["a?"] }, /tenants must be ids/],
        [{ tenants: [] }, /tenants must be a list/],
        [{ tenants: undefined }, /issuer has a placeholder; list the tenants/],
        [{ issuer: "https://idp.example" }, /issuer must contain \{tenantid\} once/],
        [{ issuer: "https://idp.example/{tenantid}/{tenantid}" }, /issuer must contain \{tenantid\} once/],
        [{ issuer: "https://idp.example", tenants: undefined, tenantClaim: "tid" }, /tenantClaim needs tenants/],
        [{ tenantClaim: "" }, /tenantClaim must be the name of a claim/],
      ];
      for (const [options, message] of wrong) {
        assert.throws(() => make(options), { code: "invalid_options", message }, JSON.stringify(options));
      }
    });
  }

  test("in the gateway's configuration, with its mapping of claims", async () => {
    const issuer = "https://idp.example/{tenantid}/v2.0";
    const parsed = parseConfig(
      `handlers: { Bearer: { jwt: { issuer: "${issuer}", audience: api, tenants: [tenant-a], rolesClaim: groups } } }`,
      { file: "gate.yaml" },
    );
    const faults = parsed.kind === "faults" ? parsed.faults.map(({ message }) => message) : [];
    assert.deepEqual(
      faults.filter((message) => /handlers/.test(message)),
      [],
    );
    const handler = createHandler(
      {
        ...{ kind: "jwt", scheme: "Bearer", audience, algorithms: undefined },
        ...{ issuer: issuerOf("{tenantid}"), jwks: `${issuerOf("{tenantid}")}/keys` },
        keys: { staleKeysMs: 3_600_000, forbidKeys: undefined },
        claims: { rolesClaim: "groups" },
        tenancy: { tenants, tenantClaim: undefined },
      },
      () => {},
    );
    const token = await sign(partner, { groups: ["ops"] });
    const verdict = (await handler.fromHeader?.(token, {} as HandlerContext)) as Verdict;
    assert.ok(verdict.kind === "accepted");
    const identity = { subject: "tenant-b/ada", issuer: issuerOf(partner), roles: ["ops"] };
    assert.deepEqual(verdict.identity, identity);
  });

  test("jwt: keys that all tenants share are refused when they are given", () => {
    for (const jwks of ["https://idp.example/keys", { keys: [] }, new URL("https://idp.example/{tenantid}/keys")]) {
      assert.throws(() => jwt({ issuer: "https://idp.example/{tenantid}", audience, tenants, jwks }), {
        code: "invalid_options",
        message: /jwks must be a URL with \{tenantid\} in it/,
      });
    }
  });
});
