import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecentEnds } from "../../src/sessions/recent-ends.js";

test("an end counts for whoever asked before it, by any of their names, and for nobody else", () => {
  const ends = createRecentEnds();
  ends.note("ada");
  const mark = ends.mark();
  assert.equal(ends.since(mark, ["ref", "ada", null]), false, "it ended before");
  ends.note("bob");
  assert.equal(ends.since(mark, ["ref", "ada", null]), false);
  assert.equal(ends.since(mark, ["ref", "ada", "bob"]), true);
  assert.equal(ends.since(ends.mark(), ["bob"]), false);
});

test("when more has ended than is kept, everybody counts as ended", () => {
  const ends = createRecentEnds();
  const mark = ends.mark();
  for (let index = 0; index < 256; index++) ends.note(`other ${index}`);
  assert.equal(ends.since(mark, ["ada"]), false);
  assert.equal(ends.since(mark, ["other 0"]), true);
  ends.note("one more");
  assert.equal(ends.since(mark, ["ada"]), true);
});
