import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenHolder, parseToken } from "../../../src/client/bearer/token-holder.js";
import { makeToken } from "../make-token.js";

test("session and generation are read out of a token", () => {
  for (const generation of [1, 2, 255, 256, 65_536, 0x7fff_ffff, 0xffff_ffff]) {
    assert.equal(parseToken(makeToken(9, generation))?.generation, generation);
  }
  assert.equal(parseToken(makeToken(9, 1))?.session, parseToken(makeToken(9, 2, 0xff))?.session);
  assert.notEqual(parseToken(makeToken(9, 1))?.session, parseToken(makeToken(8, 1))?.session);
});

test("what is no session token of format 1 is not read", () => {
  const good = makeToken(9, 1);
  const other = Buffer.from(good.slice(4), "base64url");
  other[0] = 2;
  for (const bad of ["", "sps_", good.slice(1), `${good}A`, good.slice(0, -1), `spt_${good.slice(4)}`, `${good}\n`]) {
    assert.equal(parseToken(bad), undefined, bad);
  }
  assert.equal(parseToken(`sps_${other.toString("base64url")}`), undefined);
});

test("the highest generation is held, in whatever order answers arrive", () => {
  const tokens = [1, 2, 3].map((generation) => makeToken(1, generation));
  const [t1 = "", t2 = "", t3 = ""] = tokens;
  for (const order of [
    [t1, t2, t3],
    [t3, t2, t1],
    [t2, t3, t1],
  ]) {
    const holder = createTokenHolder(t1);
    for (const token of order) holder.offer(token);
    assert.equal(holder.token, t3);
  }
});

test("another session's token is held after a log-in only", () => {
  const holder = createTokenHolder(makeToken(1, 5));
  assert.equal(holder.offer(makeToken(2, 9)), false);
  assert.equal(holder.token, makeToken(1, 5));
  holder.replace(makeToken(2, 1));
  assert.equal(holder.offer(makeToken(1, 6)), false, "a late answer of the session before");
  assert.equal(holder.token, makeToken(2, 1));
});

test("a second spelling of the held generation changes nothing", () => {
  const holder = createTokenHolder(makeToken(1, 5));
  assert.equal(holder.offer(makeToken(1, 5, 0x11)), false);
  assert.equal(holder.token, makeToken(1, 5));
});

test("a late answer does not undo a log-out", () => {
  const holder = createTokenHolder(makeToken(1, 1));
  holder.forget();
  assert.equal(holder.offer(makeToken(1, 2)), false);
  assert.equal(holder.token, undefined);
});

test("newer than what was sent is a higher generation or another session, never the same or a lower one", () => {
  const holder = createTokenHolder(makeToken(1, 5));
  assert.equal(holder.newerThan(makeToken(1, 4)), makeToken(1, 5));
  assert.equal(holder.newerThan(makeToken(2, 9)), makeToken(1, 5));
  assert.equal(holder.newerThan(undefined), makeToken(1, 5));
  assert.equal(holder.newerThan(makeToken(1, 5)), undefined);
  assert.equal(holder.newerThan(makeToken(1, 5, 0x11)), undefined);
  assert.equal(holder.newerThan(makeToken(1, 6)), undefined);
});
