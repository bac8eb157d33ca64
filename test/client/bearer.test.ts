import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthenticationFailedError } from "../../src/client/authentication-failed-error.js";
import { createBearer } from "../../src/client/bearer.js";
import { makeToken } from "./make-token.js";

const t1 = makeToken(1, 1);
const t2 = makeToken(1, 2);
const other = makeToken(2, 1);

test("superseded is repeated once, and only by who holds something newer", async () => {
  const bearer = createBearer({ token: t1 });
  const early = bearer.call();
  const late = bearer.call();
  assert.equal(await early.again("superseded"), false);
  late.learn(`Bearer ${t2}`);
  const call = bearer.call();
  assert.equal(await late.again("superseded"), true);
  assert.equal(late.token, t2);
  assert.equal(await late.again("superseded"), false);
  assert.equal(await call.again("superseded"), false);
});

test("a hundred refused calls cause one log-in, and calls refused later use its token", async () => {
  let logIns = 0;
  const bearer = createBearer({
    token: t1,
    logIn: async () => {
      logIns++;
      return other;
    },
  });
  const calls = Array.from({ length: 100 }, () => bearer.call());
  const straggler = bearer.call();
  assert.deepEqual(new Set(await Promise.all(calls.map((call) => call.again("expired")))), new Set([true]));
  assert.equal(await straggler.again("revoked"), true);
  assert.deepEqual(new Set([...calls, straggler].map((call) => call.token)), new Set([other]));
  assert.equal(logIns, 1);
  assert.equal(await straggler.again("revoked"), false, "once per call");
});

test("unavailable and unknown reasons neither repeat nor log in nor forget", async () => {
  const bearer = createBearer({ token: t1, logIn: () => Promise.reject(new Error("must not be called")) });
  for (const reason of ["unavailable", "invalid_request", "invalid_credentials", "constructor", "", null]) {
    assert.equal(await bearer.call().again(reason), false);
  }
  assert.equal(bearer.token, t1);
});

test("without a log-in an ended session's token is forgotten, and one that a node does not know is kept", async () => {
  for (const [reason, left] of [
    ["expired", undefined],
    ["revoked", undefined],
    ["invalid_token", t1],
    ["superseded", t1],
  ] as const) {
    const bearer = createBearer({ token: t1 });
    assert.equal(await bearer.call().again(reason), false);
    assert.equal(bearer.token, left, reason);
  }
});

test("a refused log-in is not tried again; one that could not be tried is", async () => {
  const outcomes = [
    new ConnectError("try again", Code.Unavailable),
    new AuthenticationFailedError("wrong"),
    new Error("must not be called"),
  ];
  const bearer = createBearer({ token: t1, logIn: () => Promise.reject(outcomes.shift()) });
  await assert.rejects(bearer.call().again("expired"), { code: Code.Unavailable });
  await assert.rejects(bearer.call().again("expired"), AuthenticationFailedError);
  assert.equal(await bearer.call().again("expired"), false);
});

test("a log-in that fails leaves the session held", async () => {
  const bearer = createBearer({ token: t1 });
  await assert.rejects(
    bearer.logIn(() => Promise.reject(new AuthenticationFailedError("wrong"))),
    AuthenticationFailedError,
  );
  assert.equal(bearer.token, t1);
});

test("a log-out wins over a log-in under way", async () => {
  const bearer = createBearer();
  let finish: (token: string) => void = () => {};
  const logIn = bearer.logIn(() => new Promise((resolve) => (finish = resolve)));
  bearer.forget();
  finish(t1);
  await assert.rejects(logIn, { code: Code.Canceled });
  assert.equal(bearer.token, undefined);
});

test("a relay sends what it was given, hands new tokens on, and never repeats", async () => {
  const seen: string[] = [];
  const bearer = createBearer({ token: t1, follow: false, onToken: (token) => seen.push(token) });
  const call = bearer.call();
  call.learn(`Bearer ${t2}`);
  assert.deepEqual(seen, [t2]);
  assert.equal(bearer.token, t1);
  assert.equal(await call.again("superseded"), false);
  assert.equal(await call.again("expired"), false);
  assert.equal(bearer.call().token, t1);
});

test("tokens are found in an authorization value, alone or joined, and nothing else is", () => {
  const t3 = makeToken(1, 3);
  for (const [value, held] of [
    [`Bearer ${t2}`, t2],
    [`bearer  ${t2}`, t2],
    [`Bearer ${t2}, Bearer ${t3}`, t3],
    [`Bearer ${t3},Bearer ${t2}`, t3],
    [`Basic ${t2}`, t1],
    [`xBearer ${t2}`, t1],
    [`Bearer ${t2}x`, t1],
    ["Bearer", t1],
    [null, t1],
  ] as const) {
    const bearer = createBearer({ token: t1 });
    bearer.call().learn(value);
    assert.equal(bearer.token, held, String(value));
  }
});
