import assert from "node:assert/strict";
import { test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { KeptAnswers } from "../../../src/gateway/admit/kept-answers.js";
import type { Session } from "../../../src/model/session.js";

const forEver = Number.POSITIVE_INFINITY;

test("the oldest answers go when there are too many, and their sessions are not watched any more", () => {
  const kept = new KeptAnswers<number>(systemPlatform);
  let watched = 0;
  const session = {
    ended: false,
    onEnd() {
      watched += 1;
      return () => {
        watched -= 1;
      };
    },
  } as unknown as Session;
  for (let index = 0; index < 10_500; index++) kept.keep(`question ${index}`, index, forEver, session);
  assert.deepEqual([kept.size, watched], [10_000, 10_000]);
  assert.deepEqual([kept.get("question 499"), kept.get("question 500")], [undefined, 500]);
  kept.keep("question 500", -1, forEver, session);
  assert.deepEqual([kept.get("question 500"), kept.size, watched], [-1, 10_000, 10_000]);
  kept.clear();
  assert.deepEqual([kept.size, watched], [0, 0]);
});

test("long questions take the place of many, and one that is too long is not kept", () => {
  const kept = new KeptAnswers<number>(systemPlatform);
  const long = (index: number): string => String(index).padEnd(8 * 1024, ".");
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 2_000; index++) kept.keep(long(index), index, forEver, undefined);
    assert.equal(kept.size, 1_024);
  }
  kept.keep(`${long(5_000)}.`, 1, forEver, undefined);
  assert.deepEqual([kept.size, kept.get(`${long(5_000)}.`)], [1_024, undefined]);
  kept.clear();
  // What has gone counts no more.
  for (let index = 0; index < 1_024; index++) kept.keep(long(index), index, forEver, undefined);
  assert.equal(kept.size, 1_024);
});

test("an answer whose time is over is forgotten", () => {
  let now = 0;
  const kept = new KeptAnswers<number>({ ...systemPlatform, monotonic: () => now });
  kept.keep("a", 1, 10, undefined);
  now = 9.9;
  assert.equal(kept.get("a"), 1);
  now = 10;
  assert.deepEqual([kept.get("a"), kept.size], [undefined, 0]);
});
