import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthError } from "../../../src/base/errors.js";
import { CallStatus } from "../../../src/gen/io/deephaven/proto/auth/auth_pb.js";
import { AuthApi } from "../../../src/gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { enterpriseRoutes } from "../../../src/services/enterprise/deephaven-enterprise.js";
import { clientId, failure, issue, logIn, minute, named, start } from "./enterprise-server.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (cookie: Uint8Array) => new TextDecoder().decode(cookie);

test("a password is answered with a cookie, until when it is good, and who that is", async (context) => {
  const world = await start(context);
  const { result } = await world.api.authenticateByPassword({
    clientId,
    userContext: named("ada"),
    password: "ada",
  });
  assert.ok(result?.authenticated);
  assert.match(text(result.cookie), /^sps_[\w-]{80}$/);
  assert.equal(result.cookieDeadlineTimeMillis, BigInt(world.platform.now() + 10 * minute));
  assert.deepEqual(result.userContext, named("ada"));
});

test("what rides in the header of a log-in counts for nothing, and no answer may be stored", async (context) => {
  const world = await start(context);
  let received: Headers | undefined;
  const { result } = await world.api.authenticateByPassword(
    { clientId, userContext: named("ada"), password: "ada" },
    {
      headers: { dpop: "no proof of anything", authorization: "Basic bm9ib2R5Ong=" },
      onHeader: (header) => {
        received = header;
      },
    },
  );
  assert.equal(result?.authenticated, true);
  assert.equal(received?.get("cache-control"), "no-store");
  assert.equal(received?.get("authorization"), null);
});

test("34. Whatever a log-in is refused for, it is one ordinary answer", async (context) => {
  const world = await start(context);
  const seen = new Set<string>();
  for (const [user, password, as] of [
    ["ada", "wrong"],
    ["nobody", "nobody"],
    ["", ""],
    ["ada:ada", ""],
    ["ada\n", "ada"],
    ["ada", "ada", "carol"],
    ["ada", "ada", "nobody"],
    ["bob", "bob", "ada"],
  ] as const) {
    const answer = await world.api.authenticateByPassword({ clientId, userContext: named(user, as), password });
    seen.add(JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value)));
    assert.equal(answer.result?.authenticated, false);
  }
  assert.equal(seen.size, 1, [...seen].join("\n"));
});

test("34. An account that is throttled looks like one with another password", async (context) => {
  const world = await start(context, {}, { throttle: { freeFailures: 2 } });
  const attempt = async (password: string) =>
    (await world.api.authenticateByPassword({ clientId, userContext: named("ada"), password })).result;
  for (let guess = 0; guess < 4; guess++) assert.equal((await attempt(`guess ${guess}`))?.authenticated, false);
  assert.deepEqual(await attempt("ada"), await attempt("wrong"));
  world.advance(15 * minute);
  assert.equal((await attempt("ada"))?.authenticated, true);
});

test("a client that leaves out whom it acts for acts for itself, and one that says nothing is refused", async (context) => {
  const world = await start(context);
  const { result } = await world.api.authenticateByPassword({
    userContext: { authenticatedUser: "ada" },
    password: "ada",
  });
  assert.equal(result?.userContext?.effectiveUser, "ada");
  assert.equal((await world.api.authenticateByPassword({})).result?.authenticated, false);
});

test("33. Who may operates as somebody else from the log-in on, and both names are told", async (context) => {
  const world = await start(context);
  const result = await logIn(world, "ada", "bob");
  assert.deepEqual([result.userContext?.authenticatedUser, result.userContext?.effectiveUser], ["ada", "bob"]);
  assert.ok(world.events.some((event) => event.kind === "operate-as" && event.actor === "ada"));
  await world.auth.sessions.endSubject("ada");
  assert.equal((await failure(world.api.refreshCookie({ cookie: result.cookie }))).code, Code.FailedPrecondition);
});

test("a cookie is good for at least as long as was said, however often it is refreshed, and at most 10 s longer", async (context) => {
  const world = await start(context, { cookieLifeMs: 125_000 });
  const { cookie } = await logIn(world, "ada");
  // A schedule with every phase against the 10 s in which use is written down.
  for (let pause = 500; pause < 125_000; pause += 4_777) {
    world.advance(pause);
    const { cookieDeadlineTimeMillis: deadline, cookie: next } = await world.api.refreshCookie({ cookie });
    assert.equal(next.length, 0, "the old one stays");
    assert.equal(deadline, BigInt(world.platform.now() + 125_000));
    world.advance(Number(deadline) - world.platform.now() - 1);
    await world.api.refreshCookie({ cookie });
  }
  world.advance(125_000 + 10_000);
  assert.equal((await failure(world.api.refreshCookie({ cookie }))).reason, "expired");
});

test("the first cookie is good as long as the session: there are clients that take no other", async (context) => {
  const world = await start(context, { cookieLifeMs: 126_000 }, { absoluteMs: 10 * minute });
  const { cookie, cookieDeadlineTimeMillis } = await logIn(world, "ada");
  const end = world.platform.now() + 10 * minute;
  let deadline = Number(cookieDeadlineTimeMillis);
  let rounds = 0;
  while (deadline < end) {
    world.advance(deadline - 120_000 - world.platform.now()); // as Python's client does
    deadline = Number((await world.api.refreshCookie({ cookie })).cookieDeadlineTimeMillis);
    rounds += 1;
    assert.ok((await world.api.getToken({ cookie, service: "worker" })).token);
  }
  assert.ok(rounds > 70, `${rounds} rounds`);
  assert.ok(!world.events.some(({ kind }) => kind === "rotated"), "and it is not turned behind its back");
  assert.equal(deadline, end, "and no longer than the session");
  world.advance(end - world.platform.now());
  assert.equal((await failure(world.api.refreshCookie({ cookie }))).code, Code.FailedPrecondition);
});

test("a dead cookie is FAILED_PRECONDITION, which no client repeats, whatever it died of", async (context) => {
  const world = await start(context);
  const { cookie: ended } = await logIn(world, "ada");
  await world.api.invalidateCookie({ cookie: ended });
  const { cookie: expired } = await logIn(world, "ada");
  world.advance(10 * minute + 10_000);
  const other = await start(context, {}, { realm: "other" });
  const { cookie: foreign } = await logIn(other, "ada");
  const { token } = await world.opened("ada"); // of a session that turns its token
  const dead: readonly (readonly [string, Uint8Array, string])[] = [
    ["empty", new Uint8Array(), "invalid_token"],
    ["junk", bytes("sps_"), "invalid_token"],
    ["a JWT", bytes("eyJhbGciOiJub25lIn0.e30."), "invalid_token"],
    ["another scheme", bytes("Basic YWRhOmFkYQ=="), "invalid_token"],
    ["two", bytes(`${text(ended)}, ${text(ended)}`), "invalid_token"],
    ["not ASCII", new Uint8Array(84).fill(0xff), "invalid_token"],
    ["ended", ended, "revoked"],
    ["expired", expired, "expired"],
    ["of another deployment", foreign, "invalid_token"],
    ["a token of another front", bytes(token), "invalid_token"],
  ];
  for (const [name, cookie, reason] of dead) {
    for (const call of [
      world.api.refreshCookie({ cookie }),
      world.api.getToken({ cookie, service: "worker" }),
      world.api.getTokenAs({ cookie, service: "worker", operateAsUser: "bob" }),
    ]) {
      const failed = await failure(call);
      assert.deepEqual(
        [failed.code, failed.callStatus, failed.reason],
        [Code.FailedPrecondition, CallStatus.NOT_AUTHENTICATED, reason],
        name,
      );
    }
    assert.deepEqual((await world.api.authenticateByCookie({ cookie })).result?.authenticated, false, name);
    await world.api.invalidateCookie({ cookie }); // twice is harmless
  }
  assert.equal((await world.call(token)).kind, "allowed", "and nobody's session was ended by it");
});

test("5. invalidateCookie is final, for the cookie and for what was issued by it", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  await world.api.invalidateCookie({ cookie });
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, false);
  assert.equal((await world.call(text(cookie))).kind, "denied");
});

test("a cookie is a session's token: what turns it elsewhere does not take it from a client that keeps it", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  for (let round = 0; round < 5; round++) {
    world.advance(minute);
    const decision = await world.call(text(cookie));
    assert.ok(decision.kind === "allowed" && decision.offer !== undefined, "turned");
    assert.equal((await world.call(decision.offer.token)).kind, "allowed");
    await world.api.refreshCookie({ cookie });
  }
});

test("a store or a directory that is down is UNAVAILABLE in both languages, and never a refusal", async (context) => {
  const world = await start(context, { delegateServices: ["worker"] });
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  world.broken.verify = true;
  const byPassword = world.api.authenticateByPassword({ clientId, userContext: named("ada"), password: "ada" });
  assert.equal((await failure(byPassword)).code, Code.Unavailable);
  world.broken.store = true;
  world.advance(20_000); // what is remembered is too old
  for (const call of [
    () => world.api.refreshCookie({ cookie }),
    () => world.api.getToken({ cookie, service: "worker" }),
    () => world.api.authenticateByCookie({ clientId, cookie }),
    () => world.api.authenticateByDelegateToken({ clientId, delegateToken: token }),
    () => world.api.invalidateCookie({ cookie }),
    () => world.api.verifyToken({ service: "worker", token }),
    () => world.api.getNonce({ clientId }),
  ]) {
    const failed = await failure(call());
    assert.deepEqual([failed.code, failed.callStatus], [Code.Unavailable, CallStatus.UNAVAILABLE]);
  }
  world.broken.store = false;
  assert.equal((await world.api.verifyToken({ service: "worker", token })).tokenValid, true, "and it is still good");
});

test("28. authenticateByCookie goes on with the session that the cookie is of, or begins as somebody else in another", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const same = await world.api.authenticateByCookie({ clientId, userContext: named("ada"), cookie });
  assert.equal(text(same.result?.cookie ?? bytes("")), text(cookie));
  const silent = await world.api.authenticateByCookie({ clientId, cookie });
  assert.equal(silent.result?.userContext?.effectiveUser, "ada");
  const bob = await world.api.authenticateByCookie({ clientId, userContext: named("ada", "bob"), cookie });
  assert.ok(bob.result?.authenticated);
  assert.notEqual(text(bob.result.cookie), text(cookie));
  assert.deepEqual(bob.result.userContext?.effectiveUser, "bob");
  await world.api.refreshCookie({ cookie: bob.result.cookie });
  for (const userContext of [
    named("ada", "carol"),
    named("bob"),
    named("carol", "ada"),
    named("", "bob"),
    named("ada", ""),
  ]) {
    const { result } = await world.api.authenticateByCookie({ clientId, userContext, cookie });
    assert.equal(result?.authenticated, false, JSON.stringify(userContext));
  }
  const nested = await world.api.authenticateByCookie({ userContext: named("ada", "dave"), cookie: bob.result.cookie });
  assert.equal(nested.result?.authenticated, false, "a borrowed name borrows no other");
});

test("ping is answered to anybody, whatever rides beside it", async (context) => {
  const world = await start(context);
  const transport = createGrpcTransport({ baseUrl: world.origin });
  const headers = { authorization: "Bearer sps_dead, Basic nonsense" };
  const answer = await createClient(AuthApi, transport).ping({ from: "me" }, { headers });
  assert.equal(answer.receiverReceiveTimeMillis, BigInt(world.platform.now()));
  assert.equal(answer.from, "sallyport");
});

test("reload is for a role, by the header; it is not there unless it is configured", async (context) => {
  let reloaded = 0;
  const run = () => `reloaded ${++reloaded}`;
  const world = await start(context, { reload: { roles: ["admin"], run } });
  const call = (user: string) => ({ headers: { authorization: `Basic ${btoa(`${user}:${user}`)}` } });
  assert.equal((await world.api.reload({}, call("carol"))).result, "reloaded 1");
  assert.equal((await failure(world.api.reload({}, call("ada")))).code, Code.PermissionDenied);
  await assert.rejects(world.api.reload({}), /unauthenticated/);
  await assert.rejects(world.api.reload({}, { headers: { authorization: "Basic eDp5" } }), /unauthenticated/);
  assert.equal(reloaded, 1);
  const without = await start(context);
  assert.equal((await failure(without.api.reload({}, call("carol")))).code, Code.Unimplemented);
});

test("36. Neither an event nor an error shows a cookie, a password or a token", async (context) => {
  const world = await start(context);
  const { cookie } = await logIn(world, "ada");
  const token = await issue(world, cookie);
  await world.api.verifyToken({ service: "other", token });
  await world.api.invalidateCookie({ cookie });
  const { error } = await failure(world.api.getToken({ cookie, service: "worker" }));
  await world.api.authenticateByPassword({ userContext: named("ada"), password: "hunter2" });
  const shown = inspect([world.events, error], { depth: 20 });
  for (const secret of ["sps_", "hunter2", String(token.tokenId)]) assert.ok(!shown.includes(secret), secret);
});

test("a large message is not taken in", async (context) => {
  const world = await start(context);
  const password = "x".repeat(20_000);
  await assert.rejects(
    world.api.authenticateByPassword({ userContext: named("ada"), password }),
    /resource_exhausted|larger/,
  );
});

test("what cannot be is refused at start, in words that say what to do", async (context) => {
  const world = await start(context);
  const { auth } = world;
  const refused = (options: Parameters<typeof enterpriseRoutes>[1], message: RegExp) =>
    assert.throws(
      () => enterpriseRoutes(auth, options),
      (error) => error instanceof AuthError && error.code === "invalid_options" && message.test(error.message),
    );
  refused({ cookieLifeMs: 124_999 }, /cookieLifeMs must be .* from 125000/);
  refused({ cookieLifeMs: Number.NaN }, /cookieLifeMs/);
  refused({ tokenLifeMs: 300_001 }, /tokenLifeMs/);
  refused({ address: "auth.example" }, /address must be an IPv4 address/);
  refused({ address: "1.2.3.256" }, /address/);
  refused({ reload: { roles: [], run: () => "" } }, /reload\.roles/);
  refused({ cookieLifeMs: 86_400_000 }, /absoluteMs \(43200000\) must be at least/);
});
