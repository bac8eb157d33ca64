import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { systemPlatform } from "../../../src/base/platform.js";
import type { Handler, HandlerContext } from "../../../src/handlers/handler.js";
import { createJwt, type JwtOptions } from "../../../src/handlers/oidc/jwt.js";
import { createKeptProviders } from "../../../src/handlers/oidc/kept.js";
import { createOidc } from "../../../src/handlers/oidc/oidc.js";
import type { Identity } from "../../../src/model/identity.js";

const audience = "api";
const hour = 3_600_000;

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), alg: "ES256", kid } };
}

/** A provider with two addresses for its keys, each of which may be broken, and a clock that the test turns. */
async function start(t: TestContext) {
  const [one, two] = [await makeKey("one"), await makeKey("two")];
  const provider = {
    keys: { "/a": [one], "/b": [one] } as Record<string, Key[]>,
    down: new Set<string>(),
    silent: new Set<string>(),
    jwks: "/a",
    requests: [] as string[],
    issuer: "",
    ms: 0,
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    provider.requests.push(path);
    if (provider.silent.has(path)) return;
    const { issuer, keys, jwks } = provider;
    const body = path.startsWith("/.well-known")
      ? { issuer, jwks_uri: issuer + jwks }
      : { keys: keys[path]?.map(({ jwk }) => jwk) };
    response.writeHead(provider.down.has(path) ? 503 : 200, { connection: "close" }).end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kept = createKeptProviders();
  const told: string[] = [];
  const platform = { ...systemPlatform, monotonic: () => provider.ms };
  const common = { audience, platform, onWarning: (message: string) => void told.push(message) };
  const toIdentity = ({ sub = "" }) => ({ subject: sub });
  const present = async (handler: Handler<Identity>, { kid, privateKey }: Key, issuer = provider.issuer) => {
    const token = await new SignJWT({ sub: "ada", iss: issuer, aud: audience })
      .setExpirationTime("1h")
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);
    return (await handler.fromHeader?.(token, {} as HandlerContext))?.kind;
  };
  return {
    ...{ provider, one, two, told, present },
    /** What a reload makes: the handler of the next configuration. */
    jwt: (path: string, options: Partial<JwtOptions<Identity>> = {}) =>
      createJwt<Identity>(
        { ...common, issuer: provider.issuer, jwks: provider.issuer + path, toIdentity, ...options },
        kept,
      ),
    oidc: () => createOidc<Identity>({ ...common, issuer: provider.issuer }, kept),
  };
}

test("a reload while the provider is down forgets no key", async (t) => {
  const { provider, jwt, present, one } = await start(t);
  assert.equal(await present(jwt("/a"), one), "accepted");
  provider.down.add("/a");
  for (let reload = 0; reload < 3; reload++) assert.equal(await present(jwt("/a"), one), "accepted");
  assert.deepEqual(provider.requests, ["/a"]);
});

test("keys of an address that is named no more are good while the new one does not answer, and no longer than staleKeys", async (t) => {
  const { provider, jwt, present, one, told } = await start(t);
  assert.equal(await present(jwt("/a"), one), "accepted");
  provider.down.add("/b");
  const moved = jwt("/b");
  assert.equal(await present(moved, one), "accepted");
  assert.deepEqual(provider.requests, ["/a", "/b"], "the new address is asked first");
  assert.match(told.join(), /\/b answered 503; its known keys stay good for 60 minutes/);
  provider.ms = hour - 1;
  assert.equal(await present(moved, one), "accepted");
  provider.ms = hour;
  assert.equal(await present(moved, one), "unavailable", "and never rejected");
});

test("keys of another address are gone with the first answer of the new one that lacks them", async (t) => {
  const { provider, jwt, present, one, two } = await start(t);
  assert.equal(await present(jwt("/a"), one), "accepted");
  provider.keys["/b"] = [two];
  const moved = jwt("/b");
  assert.equal(await present(moved, one), "rejected", "its first token waits for that answer");
  assert.equal(await present(moved, two), "accepted");
  const back = jwt("/a");
  provider.down.add("/a");
  assert.equal(await present(back, one), "unavailable", "and do not come back by another reload");
});

test("a reload does not make the time longer for which keys are good without a fetch", async (t) => {
  const { provider, jwt, present, one, told } = await start(t);
  const first = jwt("/a");
  assert.equal(await present(first, one), "accepted");
  provider.down.add("/a").add("/b");
  provider.ms = 600_000;
  assert.equal(await present(first, one), "accepted");
  while (told.length === 0) await turn(); // that fetch has failed
  provider.ms += hour - 1;
  assert.equal(await present(jwt("/b"), one), "accepted");
  provider.ms += 1;
  assert.equal(await present(jwt("/b"), one), "unavailable");
  assert.equal(await present(jwt("/a"), one), "unavailable");
});

test("forbidKeys of the new configuration count for keys of before, and so does that they are allowed again", async (t) => {
  const { provider, jwt, present, one } = await start(t);
  assert.equal(await present(jwt("/a"), one), "accepted");
  provider.down.add("/a");
  assert.equal(await present(jwt("/a", { forbidKeys: ["one"] }), one), "rejected");
  assert.equal(await present(jwt("/a"), one), "accepted");
});

test("keys of one issuer are none of another's", async (t) => {
  const { provider, jwt, present, one } = await start(t);
  assert.equal(await present(jwt("/a"), one), "accepted");
  provider.down.add("/b");
  const issuer = "https://other.example";
  assert.equal(await present(jwt("/b", { issuer }), one, issuer), "unavailable");
});

test("a provider that names another address for its keys is believed, and its known keys go on until that one answers", async (t) => {
  const { provider, oidc, present, one, two } = await start(t);
  const metadata = "/.well-known/openid-configuration";
  const handler = oidc();
  assert.equal(await present(handler, one), "accepted");
  provider.jwks = "/b";
  provider.keys["/b"] = [two];
  provider.down.add("/b");
  provider.ms = hour;
  while (!provider.requests.includes("/b")) assert.equal(await present(handler, one), "accepted");
  assert.equal(provider.requests.filter((path) => path === metadata).length, 2);
  assert.equal(await present(handler, one), "accepted");
  provider.down.delete("/b");
  provider.ms += 30_000;
  while ((await present(handler, one)) === "accepted") await turn();
  assert.equal(await present(handler, two), "accepted");
  assert.equal(await present(handler, one), "rejected");
});

test("a reload while a provider is down forgets neither what it said nor its keys, and a change of kind does not either", async (t) => {
  const { provider, oidc, jwt, present, one } = await start(t);
  assert.equal(await present(oidc(), one), "accepted");
  provider.down.add("/a").add("/.well-known/openid-configuration");
  const before = provider.requests.length;
  assert.equal(await present(oidc(), one), "accepted");
  assert.equal(await present(jwt("/a"), one), "accepted");
  assert.equal(provider.requests.length, before);
});

test("one token waits for a provider that has failed, others are unavailable at once, and it is asked a second after each failure", async (t) => {
  const { provider, jwt, present, one } = await start(t);
  const handler = jwt("/a", { fetchTimeoutMs: 200 });
  provider.down.add("/a");
  assert.equal(await present(handler, one), "unavailable");
  provider.ms = 1_000;
  provider.down.delete("/a");
  provider.silent.add("/a");
  let waiting: string | undefined = "it waits";
  const trial = present(handler, one).then((kind) => {
    waiting = kind;
  });
  while (provider.requests.length < 2) await turn();
  for (let call = 0; call < 20; call++) assert.equal(await present(handler, one), "unavailable");
  assert.deepEqual([waiting, provider.requests.length], ["it waits", 2]);
  assert.deepEqual(handler.outside?.(), [{ kind: "provider", name: provider.issuer, state: "half_open" }]);
  provider.ms = 5_000; // the attempt itself ends by the machine's clock
  await trial;
  assert.equal(waiting, "unavailable");
  provider.silent.delete("/a");
  assert.equal(await present(handler, one), "unavailable", "the rest is counted from the end of the attempt");
  provider.ms = 6_000;
  assert.equal(await present(handler, one), "accepted");
  assert.deepEqual(handler.outside?.(), [{ kind: "provider", name: provider.issuer, state: "closed" }]);
});

test("callers cannot make a provider look down: unknown key ids, wrong signatures and tokens of others say nothing about it", async (t) => {
  const { provider, jwt, present, one, two, told } = await start(t);
  const handler = jwt("/a");
  for (let call = 0; call < 30; call++) {
    await present(handler, { ...two, kid: `invented-${call}` });
    assert.equal(await present(handler, { ...two, kid: "one" }), "rejected");
    assert.equal(await present(handler, two, "https://other.example"), "declined");
    assert.equal(await present(handler, one), "accepted");
  }
  assert.deepEqual([handler.outside?.()[0]?.state, told], ["closed", []]);
  provider.down.add("/a");
  provider.ms = 1_200_000;
  for (let call = 0; call < 10; call++) {
    assert.equal(await present(handler, { ...two, kid: `invented-${call}` }), "unavailable");
    assert.equal(await present(handler, one), "accepted", "a failed fetch for an unknown key takes no known one away");
  }
  assert.equal(handler.outside?.()[0]?.state, "open");
});
