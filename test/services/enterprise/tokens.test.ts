import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { CallStatus, type Token } from "../../../src/gen/io/deephaven/proto/auth/auth_pb.js";
import { clientId, failure, issue, logIn, minute, named, start } from "./enterprise-server.js";

test("7. A token is verified once and never twice, by the service that it was issued for", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie, "RemoteQueryProcessor");
  assert.equal(typeof token.tokenId, "bigint");
  assert.equal(token.service, "RemoteQueryProcessor");
  assert.deepEqual([...token.ipAddress], [127, 0, 0, 1]);
  assert.equal(token.userContext?.effectiveUser, "ada");
  const verify = async () => (await world.api.verifyToken({ service: "RemoteQueryProcessor", token })).tokenValid;
  assert.deepEqual([await verify(), await verify()], [true, false]);
  assert.ok(world.events.some((event) => event.kind === "ticket-misused" && event.reason === "used"));
});

test("26. Of many that verify a token at once one is told that it is good", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  const answers = await Promise.all(
    Array.from({ length: 32 }, () => world.api.verifyToken({ service: "worker", token })),
  );
  assert.equal(answers.filter(({ tokenValid }) => tokenValid).length, 1);
});

test("27. A token for one service is refused to another, and is spent by the attempt", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  const renamed = { ...token, service: "controller" };
  assert.equal((await world.api.verifyToken({ service: "controller", token: renamed })).tokenValid, false);
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, false);
  assert.ok(world.events.some((event) => event.kind === "ticket-misused" && event.reason === "wrong_service"));
});

test("a token says nothing that the server did not: whoever changes its names, or guesses one, is refused", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  for (const change of [
    { userContext: named("ada", "root") },
    { userContext: named("root", "ada") },
    { userContext: named("") },
    { service: "controller" },
    { service: "" },
  ]) {
    const token = await issue(world, cookie);
    const { tokenValid } = await world.api.verifyToken({ service: "worker", token: { ...token, ...change } });
    assert.equal(tokenValid, false, JSON.stringify(change));
  }
  const token = await issue(world, cookie);
  const guessed = { ...token, tokenId: token.tokenId ^ 1n };
  assert.equal((await world.api.verifyToken({ service: "worker", token: guessed })).tokenValid, false);
  assert.equal((await world.api.verifyToken({ service: "worker" })).tokenValid, false);
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, true);
});

test("33. getTokenAs is for whom the policy says, for this one token", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const { token } = await world.api.getTokenAs({ cookie, service: "worker", operateAsUser: "bob" });
  assert.deepEqual([token?.userContext?.authenticatedUser, token?.userContext?.effectiveUser], ["ada", "bob"]);
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, true);
  const own = await world.api.getTokenAs({ cookie, service: "worker", operateAsUser: "ada" });
  assert.equal(own.token?.userContext?.effectiveUser, "ada");
  const operating = await logIn(world, "ada", "bob");
  for (const [as, by] of [
    ["carol", cookie],
    ["nobody", cookie],
    ["", cookie],
    ["dave", operating.cookie],
    ["ada", operating.cookie],
  ] as const) {
    const failed = await failure(world.api.getTokenAs({ cookie: by, service: "worker", operateAsUser: as }));
    assert.deepEqual([failed.code, failed.callStatus], [Code.PermissionDenied, CallStatus.TOKEN_CREATION], as);
  }
  const late = await world.api.getTokenAs({ cookie, service: "worker", operateAsUser: "bob" });
  world.current.rules = [];
  assert.equal((await world.api.verifyToken({ service: "worker", token: late.token })).tokenValid, false);
});

test("whoever proved who they are is named, through however many accounts they were let", async (context) => {
  const world = await start(context);
  world.current.rules = [
    { actors: ["ada"], targets: ["bob"] },
    { actors: ["bob"], targets: ["dave"], nested: true },
  ];
  const { cookie } = await logIn(world, "ada", "bob");
  const { token } = await world.api.getTokenAs({ cookie, service: "worker", operateAsUser: "dave" });
  assert.deepEqual([token?.userContext?.authenticatedUser, token?.userContext?.effectiveUser], ["ada", "dave"]);
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, true);
});

test("a token lives as long as configured, and no longer", async (context) => {
  const world = await start(context, { tokenLifeMs: 5_000 });
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  world.advance(5_000);
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, false);
});

test("a service name that cannot be is the caller's fault", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  for (const service of ["", "x".repeat(257), "line\nbreak"]) {
    assert.equal((await failure(world.api.getToken({ cookie, service }))).code, Code.InvalidArgument);
    const token = { service };
    assert.equal((await failure(world.api.verifyToken({ service, token }))).code, Code.InvalidArgument);
  }
});

test("nobody verifies tokens unless it is said who may, and then by their address", async (context) => {
  const nobody = await start(context, { verifyTokenFrom: undefined });
  const { cookie } = await logIn(nobody, "ada");
  const token = await issue(nobody, cookie);
  for (const call of [nobody.api.verifyToken({ service: "worker", token }), nobody.api.verifyChallenge({ clientId })]) {
    const failed = await failure(call);
    assert.deepEqual([failed.code, failed.callStatus], [Code.PermissionDenied, CallStatus.TOKEN_VERIFICATION]);
  }
  const asked: string[] = [];
  const some = await start(context, {
    verifyTokenFrom: (address) => asked.push(address) > 0 && address === "127.0.0.1",
  });
  const mine = await logIn(some, "ada");
  const issued = await issue(some, mine.cookie);
  assert.equal((await some.api.verifyToken({ service: "worker", token: issued })).tokenValid, true);
  assert.deepEqual(asked, ["127.0.0.1"]);
});

test("a delegate token is spent for a cookie once, for the services that are configured", async (context) => {
  const world = await start(context, { delegateServices: ["worker"] });
  const first = await logIn(world, "ada");
  world.advance(5 * minute);
  const token = await issue(world, first.cookie);
  const { result } = await world.api.authenticateByDelegateToken({ clientId, delegateToken: token });
  assert.ok(result?.authenticated);
  assert.notDeepEqual(result.cookie, first.cookie);
  assert.equal(result.userContext?.effectiveUser, "ada");
  await world.api.refreshCookie({ cookie: result.cookie });
  const spend = async (delegateToken: Token) =>
    (await world.api.authenticateByDelegateToken({ clientId, delegateToken })).result?.authenticated;
  assert.equal(await spend(token), false);
  assert.equal(await spend(await issue(world, first.cookie, "controller")), false, "not a service for that");
  assert.equal(await spend({ ...(await issue(world, first.cookie)), service: "controller" }), false);
  const renamed = {
    ...(await issue(world, first.cookie)),
    userContext: named("ada", "carol"),
  };
  assert.equal(await spend(renamed), false);
  assert.equal((await world.api.authenticateByDelegateToken({ clientId })).result?.authenticated, false);
});

test("a session from a delegate token ends with the one that it came from, or goes on where the operator says so", async (context) => {
  for (const detachedServices of [[], ["worker"]]) {
    const world = await start(context, { delegateServices: ["worker"], detachedServices });
    const first = await logIn(world, "ada");
    const token = await issue(world, first.cookie);
    const { result } = await world.api.authenticateByDelegateToken({ clientId, delegateToken: token });
    assert.ok(result?.authenticated);
    await world.api.invalidateCookie({ cookie: first.cookie });
    const again = await world.api.authenticateByCookie({ clientId, cookie: result.cookie });
    assert.equal(again.result?.authenticated, detachedServices.length > 0);
  }
});

test("a verifyTokenFrom that is async, rejects or throws lets no peer verify: the caller gets UNAVAILABLE", async (context) => {
  const refusing = () => Promise.reject(new Error("no"));
  const broken = [async () => true, refusing, () => assert.fail("no")] as unknown as readonly (() => boolean)[];
  for (const verifyTokenFrom of broken) {
    const world = await start(context, { verifyTokenFrom });
    const { cookie } = await logIn(world, "ada");
    const token = await issue(world, cookie);
    const failed = await failure(world.api.verifyToken({ service: "worker", token }));
    assert.equal(failed.code, Code.Unavailable);
  }
});
