import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../../src/client/bearer/authentication-failed-error.js";
import { AuthApi } from "../../../src/gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { start as startWorld } from "../../services/enterprise/enterprise-server.js";
import { createWorld } from "../../world.js";

const protocol = "deephaven-enterprise";
const settle = () => new Promise(setImmediate);

/** A client over gRPC, with the server's clock. */
async function start(context: TestContext, options = {}) {
  const world = await startWorld(context, { cookieLifeMs: 126_000 }, options);
  const client = new AuthClient({
    baseUrl: world.origin,
    protocol,
    transport: ({ baseUrl }) => createGrpcTransport({ baseUrl }),
    delay: world.platform.delay,
  });
  context.after(() => client.close().catch(() => {}));
  /** The clock goes on by a second at a time, and calls are answered meanwhile. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      world.advance(1_000);
      for (let turn = 0; turn < 20; turn++) await settle();
    }
  }
  return { ...world, client, pass };
}

test("the log-in is kept alive in the background, far beyond the life of its cookie, until close", async (context) => {
  const { client, pass, auth } = await start(context);
  await client.password("ada", "ada");
  await pass(600);
  assert.ok((await client.getToken("worker")).value);
  await client.close();
  await pass(300);
  assert.deepEqual(await auth.sessions.list(), []);
});

test("without it the cookie dies, and the client says so before any call", async (context) => {
  const world = await startWorld(context, { cookieLifeMs: 126_000 });
  const client = new AuthClient({
    baseUrl: world.origin,
    protocol,
    transport: ({ baseUrl }) => createGrpcTransport({ baseUrl }),
    keepAliveMs: 0,
  });
  await client.password("ada", "ada");
  world.advance(126_000 + 10_000);
  await assert.rejects(client.getToken("worker"), (error) => {
    assert.ok(error instanceof ConnectError && !(error instanceof AuthenticationFailedError));
    assert.equal(error.code, Code.FailedPrecondition);
    return true;
  });
  assert.equal(await client.ping(), false, "it is dead");
  assert.equal(await client.ping(), false, "and known to be");
  await client.close();
});

test("what the other wire has and this one has not is said so", async (context) => {
  const { client } = await start(context);
  await client.password("ada", "ada");
  for (const call of [client.whoAmI(), client.clientAs("bob")]) {
    await assert.rejects(call, (error) => error instanceof ConnectError && error.code === Code.Unimplemented);
  }
  await assert.rejects(client.redeemToken("AAAA"), /the name by which/);
  assert.equal(client.token, undefined, "a cookie is no bearer token of every server");
});

test("36. Neither the client nor its errors show the cookie", async (context) => {
  const { client } = await start(context);
  await client.password("ada", "ada");
  const error = await client.getToken("worker", { operateAs: "carol" }).catch((reason: unknown) => reason);
  assert.ok(!inspect([client, error], { depth: 20, showHidden: true }).includes("sps_"));
});

/** As an origin server is told to be: its cookies are short, and another one comes with every refresh. */
function cycling(world: ReturnType<typeof createWorld>) {
  const seen: string[] = [];
  let current = 0;
  const answer = () => ({
    cookie: new TextEncoder().encode(`cookie ${current}`),
    cookieDeadlineTimeMillis: BigInt(world.platform.now() + 600_000),
  });
  const note = (cookie: Uint8Array) => {
    const text = new TextDecoder().decode(cookie);
    seen.push(text);
    if (text !== `cookie ${current}`) throw new ConnectError("not authenticated", Code.Unauthenticated);
  };
  const service: Partial<ServiceImpl<typeof AuthApi>> = {
    ping: () => ({ receiverReceiveTimeMillis: BigInt(world.platform.now()) }),
    authenticateByPassword: () => ({ result: { authenticated: true, ...answer() } }),
    refreshCookie({ cookie }) {
      note(cookie);
      current += 1;
      return answer();
    },
    getToken({ cookie, service: name }) {
      note(cookie);
      return { token: { tokenId: 0xffff_ffff_ffff_ffffn, service: name } };
    },
    invalidateCookie({ cookie }) {
      note(cookie);
      return {};
    },
  };
  return { seen, transport: createRouterTransport((router) => void router.service(AuthApi, service)) };
}

test("a server that gives another cookie is followed", async () => {
  const world = createWorld();
  const { seen, transport } = cycling(world);
  const client = new AuthClient({ transport, protocol, delay: world.platform.delay });
  await client.password("ada", "ada");
  for (let second = 0; second < 700; second++) {
    world.advance(1_000);
    await settle();
  }
  assert.equal(await client.ping(), true);
  const { value } = await client.getToken("worker");
  assert.deepEqual(seen, ["cookie 0", "cookie 1", "cookie 2", "cookie 3"]);
  assert.ok(Buffer.from(value, "base64").includes(Buffer.alloc(8, 0xff)), "fixed64, unsigned");
  await client.close();
});

test("a clock that is wrong here disturbs nothing: the server's counts", async () => {
  const world = createWorld();
  const { seen, transport } = cycling(world);
  const skewed = createWorld();
  skewed.advance(86_400_000);
  const client = new AuthClient({ transport, protocol, delay: skewed.platform.delay });
  await client.password("ada", "ada");
  for (let second = 0; second < 299; second++) {
    skewed.advance(1_000);
    await settle();
  }
  assert.deepEqual(seen, []);
  skewed.advance(1_000);
  await settle();
  assert.deepEqual(seen, ["cookie 0"]);
  await client.close();
});

test("a transport that the client made for itself is closed with it, and made anew for the next log-in", async (context) => {
  const world = await startWorld(context);
  const client = new AuthClient({ baseUrl: world.origin, protocol });
  await client.password("ada", "ada");
  await client.close();
  assert.equal((await client.password("bob", "bob"))?.identity?.subject, "bob");
  await client.close();
});
