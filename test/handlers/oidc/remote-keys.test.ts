import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import type { Handler, HandlerContext } from "../../../src/handlers/handler.js";
import { type JwtOptions, jwt } from "../../../src/handlers/oidc/jwt.js";
import type { Identity } from "../../../src/model/identity.js";

const issuer = "https://idp.example";
const audience = "api";
const now = 1_800_000_000_000;

interface Key {
  readonly kid: string | undefined;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

async function makeKey(kid: string | undefined): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", ...(kid !== undefined && { kid }) };
  return { kid, privateKey, jwk };
}

const tokenOf = ({ kid, privateKey }: Key): Promise<string> =>
  new SignJWT({ sub: "ada", iss: issuer, aud: audience, exp: now / 1_000 + 6_000 })
    .setProtectedHeader({ alg: "ES256", ...(kid !== undefined && { kid }) })
    .sign(privateKey);

describe("the keys that an issuer publishes", () => {
  const issuerState = { keys: [] as Key[], status: 200, fetches: 0, ms: 0, answer: Promise.resolve() };
  const server = createServer(async (_request, response) => {
    issuerState.fetches += 1;
    await issuerState.answer;
    const body = JSON.stringify({ keys: issuerState.keys.map(({ jwk }) => jwk) });
    response.writeHead(issuerState.status, { connection: "close" }).end(body);
  });
  let url = "";
  let one: Key;
  let two: Key;
  let warnings: string[] = [];
  before(async () => {
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    [one, two] = [await makeKey("one"), await makeKey("two")];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    Object.assign(issuerState, { keys: [one], status: 200, fetches: 0, ms: 0, answer: Promise.resolve() });
    warnings = [];
  });

  const platform: Platform = { ...systemPlatform, now: () => now, monotonic: () => issuerState.ms };
  const create = (options: Partial<JwtOptions<Identity>> = {}): Handler<Identity> =>
    jwt<Identity>({
      ...{ issuer, audience, jwks: url, platform, onWarning: (message: string) => void warnings.push(message) },
      toIdentity: ({ sub = "" }) => ({ subject: sub }),
      ...options,
    });
  const present = async (handler: Handler<Identity>, key: Key): Promise<string | undefined> =>
    (await handler.fromHeader?.(await tokenOf(key), {} as HandlerContext))?.kind;

  test("are fetched once, and again after ten minutes beside the calls", async () => {
    const handler = create();
    for (let call = 0; call < 3; call++) assert.equal(await present(handler, one), "accepted");
    assert.equal(issuerState.fetches, 1);
    issuerState.ms = 600_000;
    // No answer comes, and none is waited for.
    issuerState.answer = new Promise(() => {});
    assert.equal(await present(handler, one), "accepted");
    assert.equal(await present(handler, one), "accepted");
  });

  test("are waited for when no call came for long, so that a key that was withdrawn meanwhile is refused", async () => {
    const handler = create();
    assert.equal(await present(handler, one), "accepted");
    issuerState.ms = 1_200_000;
    issuerState.keys = [two];
    assert.equal(await present(handler, one), "rejected");
    assert.equal(issuerState.fetches, 2);
  });

  test("stay good for an hour from the first fetch that failed, and then the token is unavailable, not refused", async () => {
    const handler = create();
    assert.equal(await present(handler, one), "accepted");
    issuerState.status = 503;
    issuerState.ms = 1_200_000;
    assert.equal(await present(handler, one), "accepted");
    issuerState.ms += 3_599_999;
    assert.equal(await present(handler, one), "accepted");
    issuerState.ms += 1;
    assert.equal(await present(handler, one), "unavailable");
    issuerState.status = 200;
    // A fetch beside an earlier call may still be under way: the next one is due a second after its end.
    do issuerState.ms += 1_000;
    while ((await present(handler, one)) === "unavailable");
    assert.equal(await present(handler, one), "accepted");
  });

  test("stay good for as long as staleKeysMs says, which 0 makes no time at all", async () => {
    const handler = create({ staleKeysMs: 0 });
    assert.equal(await present(handler, one), "accepted");
    issuerState.status = 503;
    issuerState.ms = 1_200_000;
    await present(handler, one);
    issuerState.ms += 1;
    assert.equal(await present(handler, one), "unavailable");
  });

  test("are gone with the first successful fetch that lacks them, whatever failed before", async () => {
    const handler = create();
    assert.equal(await present(handler, one), "accepted");
    issuerState.status = 503;
    issuerState.ms = 1_200_000;
    assert.equal(await present(handler, one), "accepted");
    Object.assign(issuerState, { status: 200, keys: [two] });
    issuerState.ms += 30_000;
    assert.equal(await present(handler, two), "accepted");
    assert.equal(await present(handler, one), "rejected");
  });

  test("while they cannot be fetched, that is tried every thirty seconds, and told once with the address", async () => {
    const handler = create();
    await present(handler, one);
    issuerState.status = 503;
    issuerState.ms = 1_200_000;
    for (let second = 0; second < 90; second++) {
      assert.equal(await present(handler, one), "accepted");
      issuerState.ms += 1_000;
    }
    assert.ok(issuerState.fetches <= 4, `${issuerState.fetches}`);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings.join(),
      /^jwt: jwks: http:\/\/127\.0\.0\.1:\d+\/jwks answered 503; its known keys stay good for 60 minutes/,
    );
    issuerState.status = 200;
    issuerState.ms += 30_000;
    assert.equal(await present(handler, two), "rejected");
    assert.match(warnings.at(-1) ?? "", /answers again$/);
  });

  test("a new key is good at once, five times an hour; then its token is unavailable for thirty seconds at most", async () => {
    const handler = create();
    await present(handler, one);
    for (let change = 0; change < 5; change++) {
      const key = await makeKey(`new-${change}`);
      issuerState.keys.push(key);
      assert.equal(await present(handler, key), "accepted");
    }
    assert.equal(issuerState.fetches, 6);
    const sixth = await makeKey("sixth");
    issuerState.keys.push(sixth);
    assert.equal(await present(handler, sixth), "unavailable");
    issuerState.ms += 30_000;
    assert.equal(await present(handler, sixth), "accepted");
    assert.equal(issuerState.fetches, 7);
  });

  test("invented key ids cost one fetch in thirty seconds and five more an hour, over all callers", async () => {
    const handler = create();
    await present(handler, one);
    const counts: Record<string, number> = {};
    for (let second = 0; second < 600; second++) {
      const kind = (await present(handler, { ...two, kid: `invented-${second}` })) ?? "";
      counts[kind] = (counts[kind] ?? 0) + 1;
      assert.equal(await present(handler, one), "accepted");
      issuerState.ms += 1_000;
    }
    assert.equal(issuerState.fetches, 1 + 5 + 20 - 1);
    assert.deepEqual(counts, { rejected: 24, unavailable: 576 });
  });

  test("the first token by an unknown key costs one fetch, not two", async () => {
    assert.equal(await present(create(), two), "rejected");
    assert.equal(issuerState.fetches, 1);
  });

  test("a key that is forbidden is refused at once, without a fetch, also where a token names no key", async () => {
    issuerState.keys = [one, two];
    const handler = create({ forbidKeys: ["one"] });
    assert.equal(await present(handler, one), "rejected");
    assert.equal(issuerState.fetches, 0);
    assert.equal(await present(handler, two), "accepted");
    assert.equal(await present(handler, { ...one, kid: undefined }), "rejected");
    assert.equal(await present(handler, { ...two, kid: undefined }), "accepted");
    const given = create({ jwks: { keys: [one.jwk, two.jwk] }, forbidKeys: ["one"] });
    assert.equal(await present(given, one), "rejected");
    assert.equal(await present(given, { ...one, kid: undefined }), "rejected");
    assert.equal(await present(given, two), "accepted");
  });

  test("forbidKeys that are no ids are refused", () => {
    for (const forbidKeys of ["one", [""], [7]]) {
      assert.throws(() => create({ forbidKeys } as never), {
        code: "invalid_options",
        message: /must be a list of key ids/,
      });
    }
  });
});
