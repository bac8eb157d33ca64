import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthenticationFailedError } from "../../../src/client/bearer/authentication-failed-error.js";
import { createBearer } from "../../../src/client/bearer/bearer.js";
import type { ProofKey } from "../../../src/client/bearer/proof-key.js";
import { createTokenHolder, parseToken } from "../../../src/client/bearer/token-holder.js";
import { makeToken } from "../make-token.js";

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

test("the session of a log-in that was over too late is ended, and of no other", async () => {
  const discarded: string[] = [];
  const bearer = createBearer({ discard: async (token) => discarded.push(token) });
  let finish: (token: string) => void = () => {};
  const late = bearer.logIn(() => new Promise((resolve) => (finish = resolve)));
  const newer = bearer.logIn(async () => t2);
  finish(t1);
  await assert.rejects(late, { code: Code.Canceled });
  await newer;
  assert.deepEqual(discarded, [t1]);
  assert.equal(bearer.token, t2);
});

test("JSON, inspect and a copy of what holds a token show none", async () => {
  const bearer = createBearer({ token: t1 });
  for (const holder of [bearer, bearer.call(), createTokenHolder(t1), parseToken(t1) ?? {}]) {
    assert.equal(typeof ("token" in holder ? holder.token : ""), "string");
    const { session } = parseToken(t1) ?? assert.fail();
    for (const text of [JSON.stringify(holder), inspect(holder), JSON.stringify({ ...holder })]) {
      assert.ok(!text.includes(t1) && !text.includes(JSON.stringify(session).slice(1, -1)), text);
    }
  }
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

/** A key whose proofs say what they are for. */
function fakeKey(isStale = false) {
  const key: ProofKey = {
    prove: async ({ method, url, token = "none" }) => `${method} ${url} ${token}`,
    learn: () => true,
    isStale,
  };
  return key;
}
const target = { method: "GET", url: "https://api.example/" };

test("a refused proof is made anew, once for each reason, and only by who has a key", async () => {
  for (const reason of ["use_dpop_nonce", "invalid_dpop_proof"]) {
    assert.equal(await createBearer({ token: t1 }).call().again(reason), false);
    const call = createBearer({ token: t1, key: fakeKey() }).call();
    assert.equal(await call.again(reason), true);
    assert.equal(await call.again(reason), false);
  }
  const both = createBearer({ token: t1, key: fakeKey() }).call();
  assert.equal(await both.again("use_dpop_nonce"), true);
  assert.equal(await both.again("invalid_dpop_proof"), true);
});

test("a call whose proof was refused long ago is repeated with the newest token: the old one would end the session", async () => {
  const bearer = createBearer({ token: t1, key: fakeKey() });
  const slow = bearer.call();
  bearer.call().learn(`DPoP ${t2}`);
  assert.equal(await slow.again("use_dpop_nonce"), true);
  const header = new Headers();
  await slow.authorize(header, target);
  assert.equal(header.get("authorization"), `DPoP ${t2}`);
  assert.equal(header.get("dpop"), `GET https://api.example/ ${t2}`);
});

test("a call that cannot be repeated waits for a fresh nonce if the last is stale, and takes the token that came with it", async () => {
  let refreshed = 0;
  const bearer = createBearer({
    token: t1,
    key: fakeKey(true),
    refresh: async () => {
      refreshed++;
      bearer.call().learn(`DPoP ${t2}`);
      throw new Error("the answer was a failure, and brought the token all the same");
    },
  });
  const header = new Headers();
  await bearer.call().authorize(header, target);
  assert.equal(refreshed, 0, "one that can be repeated does not wait");
  await bearer.call().authorize(header, target, false);
  assert.equal(refreshed, 1);
  assert.equal(header.get("authorization"), `DPoP ${t2}`);
});

test("without a key a token is a bearer's, and no token is no field", async () => {
  const header = new Headers();
  await createBearer({ token: t1 }).call().authorize(header, target, false);
  assert.deepEqual([...header], [["authorization", `Bearer ${t1}`]]);
  const none = createBearer({ key: fakeKey(true), refresh: () => assert.fail("nothing to refresh") });
  await none.call().authorize(header, target, false);
  assert.deepEqual([...header], []);
});
