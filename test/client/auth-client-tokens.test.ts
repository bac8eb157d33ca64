import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { Code, ConnectError, createRouterTransport, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import type { AuthClientOptions } from "../../src/client/wires/client-options.js";
import { toDeephavenKeyFiles } from "../../src/wire/deephaven-key.js";
import { fingerprintOf } from "../handlers/private-key/key-world.js";
import { type EnterpriseWorld, start } from "../services/enterprise/enterprise-server.js";
import { pkcs8Of, spkiOf } from "../wire/keys.js";

const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keyFile = (operateAs: string) =>
  toDeephavenKeyFiles({ user: "ada", operateAs, spki: spkiOf(key), pkcs8: pkcs8Of(key) }).privateFile;

/** A client, with what it sent. */
function connect(world: EnterpriseWorld, options: AuthClientOptions = {}): AuthClient & { readonly sent: string[] } {
  const sent: string[] = [];
  const note: Interceptor = (next) => (request) => {
    sent.push(request.method.name);
    return next(request);
  };
  const client = new AuthClient({
    baseUrl: world.origin,
    transport: (given) => createGrpcTransport({ ...given, interceptors: [...given.interceptors, note] }),
    keepAliveMs: 0,
    ...options,
  });
  return Object.assign(client, { sent });
}

async function refusal(call: Promise<unknown>, code: Code): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof ConnectError && !(error instanceof AuthenticationFailedError), String(error));
    assert.equal(error.code, code);
    return true;
  });
}

for (const protocol of ["sallyport.v1", "deephaven-enterprise"] as const) {
  describe(`AuthClient, ${protocol}`, () => {
    const open = async (context: TestContext) => {
      const world = await start(context);
      return { world, client: connect(world, { protocol }) };
    };
    const names = (caller: Awaited<ReturnType<AuthClient["password"]>>) => [
      caller?.identity?.subject,
      caller?.actor?.subject,
    ];

    test("a password, with and without somebody to operate as", async (context) => {
      const { client } = await open(context);
      assert.deepEqual(names(await client.password("ada", "ada")), ["ada", undefined]);
      assert.deepEqual(names(await client.password("ada", "ada", "bob")), ["bob", "ada"]);
      assert.deepEqual(names(await client.password("ada", "ada", "ada")), ["ada", undefined]);
      await client.close();
    });

    test("a wrong password is the one failure that says so, and the client stays usable", async (context) => {
      const { world, client } = await open(context);
      await assert.rejects(client.password("ada", "wrong"), AuthenticationFailedError);
      world.broken.verify = true;
      await refusal(client.password("ada", "ada"), Code.Unavailable);
      world.broken.verify = false;
      await client.password("ada", "ada");
      assert.equal(await client.ping(), true);
    });

    test("a Deephaven key file logs in whom it names, as whom it says", async (context) => {
      const { world, client } = await open(context);
      world.enrolled.set("ada", fingerprintOf(key));
      assert.deepEqual(names(await client.privateKey(keyFile("ada"))), ["ada", undefined]);
      assert.deepEqual(names(await client.privateKey(keyFile("bob"))), ["bob", "ada"]);
      world.enrolled.clear();
      await assert.rejects(client.privateKey(keyFile("ada")), AuthenticationFailedError);
      assert.equal(await client.ping(), true, "and the session before goes on");
    });

    test("a token says to one service who it is, once", async (context) => {
      const { world, client } = await open(context);
      await client.password("ada", "ada");
      const service = connect(world, { protocol });
      await service.password("carol", "carol");
      const token = await client.getToken("worker");
      assert.equal(token.service, "worker");
      assert.deepEqual(names((await service.redeemToken(token.value, "worker"))?.caller), ["ada", undefined]);
      assert.equal(await service.redeemToken(token.value, "worker"), undefined);
      const asBob = await client.getToken("worker", { operateAs: "bob" });
      assert.deepEqual(names((await service.redeemToken(asBob.value, "worker"))?.caller), ["bob", "ada"]);
      assert.equal(await service.redeemToken("nonsense", "worker"), undefined);
      await refusal(client.getToken("worker", { operateAs: "carol" }), Code.PermissionDenied);
      await refusal(client.getToken(""), Code.InvalidArgument);
    });

    test("without a log-in nothing is sent: not for a token, not to ping, not to close", async (context) => {
      const { client } = await open(context);
      await refusal(client.getToken("worker"), Code.FailedPrecondition);
      assert.equal(await client.ping(), false);
      await client.close();
      assert.deepEqual(client.sent, []);
    });

    test("close ends the session; afterwards nothing is sent, and twice is harmless", async (context) => {
      const { world, client } = await open(context);
      await client.password("ada", "ada");
      assert.equal((await world.auth.sessions.list()).length, 1);
      await client.close();
      assert.deepEqual(await world.auth.sessions.list(), []);
      const before = client.sent.length;
      assert.equal(await client.ping(), false);
      await refusal(client.getToken("worker"), Code.FailedPrecondition);
      await client.close();
      assert.equal(client.sent.length, before);
      assert.equal((await client.password("bob", "bob"))?.identity?.subject, "bob", "and it can be used again");
    });

    test("a transport of one's own is used as it is, and stays open", async (context) => {
      const { world } = await open(context);
      const transport: Transport = createGrpcTransport({ baseUrl: world.origin });
      const first = new AuthClient({ transport, protocol, keepAliveMs: 0 });
      await first.password("ada", "ada");
      assert.equal(await first.ping(), true);
      await first.close();
      const second = new AuthClient({ transport, protocol, keepAliveMs: 0 });
      assert.deepEqual(names(await second.password("bob", "bob")), ["bob", undefined]);
      assert.ok((await second.getToken("worker")).value);
      await assert.rejects(second.fetch("/"), /client.fetch needs baseUrl/);
      await second.close();
    });
  });
}

test("clientAs gives a client of its own; the one that it came from goes on, and outlives it", async (context) => {
  const world = await start(context);
  const client = connect(world);
  await client.password("ada", "ada");
  const asBob = await client.clientAs("bob", { reason: "ticket 4711", maxMs: 600_000 });
  const { caller } = await asBob.whoAmI();
  assert.deepEqual([caller?.identity?.subject, caller?.actor?.subject], ["bob", "ada"]);
  assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
  const [session] = await world.auth.sessions.list({ subject: "bob" });
  assert.ok(session);
  await world.auth.sessions.end(session.ref);
  assert.equal((await asBob.whoAmI()).caller?.identity?.subject, "bob", "it begins again by the other one");
  await asBob.close();
  assert.deepEqual(await world.auth.sessions.list({ subject: "bob" }), []);
  assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
  await refusal(client.clientAs("carol"), Code.PermissionDenied);
  await refusal(connect(world).clientAs("bob"), Code.FailedPrecondition);
});

test("with bind the other session is bound to the same key", async (context) => {
  const world = await start(context);
  const client = connect(world, { bind: true });
  await client.password("ada", "ada");
  const asBob = await client.clientAs("bob");
  assert.equal((await asBob.whoAmI()).caller?.identity?.subject, "bob");
  assert.equal((await world.call(asBob.token ?? "")).kind, "denied", "a copy is worth nothing");
  await asBob.close();
  await client.close();
});

test("a ticket may be for less than the usual time, and says until when", async (context) => {
  const world = await start(context);
  const client = connect(world);
  await client.password("ada", "ada");
  const { expiresAt } = await client.getToken("worker", { lifeMs: 5_000 });
  assert.equal(expiresAt?.getTime(), world.platform.now() + 5_000);
});

test("a service may redeem by the name that it is logged in by", async (context) => {
  const world = await start(context);
  const client = connect(world);
  await client.password("ada", "ada");
  const carol = connect(world);
  await carol.password("carol", "carol");
  const { value } = await client.getToken("worker");
  assert.equal((await carol.redeemToken(value))?.caller.identity?.subject, "ada");
  await refusal(client.redeemToken(value, "worker"), Code.PermissionDenied);
});

test("options that contradict each other are refused in words", () => {
  const transport = createRouterTransport(() => undefined);
  for (const [options, words] of [
    [{}, /give baseUrl, or host and port, or a transport/],
    [{ host: "gate.example" }, /host and port together/],
    [{ host: "gate.example", port: 443, baseUrl: "https://gate.example" }, /not both/],
    [{ transport, bind: true }, /bind needs baseUrl/],
    [{ baseUrl: "https://gate.example", protocol: "deephaven-enterprise", bind: true }, /bind needs/],
    [{ transport, rpcTimeoutSeconds: -1 }, /rpcTimeoutSeconds must be/],
    [{ transport, keepAliveMs: Number.NaN }, /keepAliveMs must be/],
  ] as const satisfies readonly (readonly [AuthClientOptions, RegExp])[]) {
    assert.throws(
      () => new AuthClient(options),
      (error) => error instanceof ConnectError && error.code === Code.InvalidArgument && words.test(error.message),
    );
  }
});

test("a log-in without a password, or with one of another kind, is refused before anything is sent", async () => {
  const client = new AuthClient({ baseUrl: "http://127.0.0.1:1", fetch: () => assert.fail("it was sent") });
  const logIn = client.password.bind(client) as (...values: unknown[]) => Promise<unknown>;
  for (const [values, message] of [
    [["ada"], /password needs password, a string/],
    [[undefined, "x"], /password needs user, a string/],
    [["ada", 5], /password: password must be a string, not a number/],
  ] as const) {
    await assert.rejects(logIn(...values), (error: ConnectError) => {
      assert.equal(error.code, Code.InvalidArgument);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("host and port always mean TLS", async () => {
  const urls: string[] = [];
  for (const host of ["gate.example", "::1"]) {
    new AuthClient({
      host,
      port: 9031,
      transport: ({ baseUrl }) => {
        urls.push(baseUrl);
        return createRouterTransport(() => undefined);
      },
    });
  }
  assert.deepEqual(urls, ["https://gate.example:9031", "https://[::1]:9031"]);
});
