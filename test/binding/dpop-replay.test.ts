import assert from "node:assert/strict";
import { test } from "node:test";
import { createUsedDpopProofs } from "../../src/binding/dpop-replay.js";

test("a proof is used once, and forgotten when its step is too old", () => {
  const used = createUsedDpopProofs(10);
  assert.equal(used.use("a", 5, 4), "first");
  assert.equal(used.use("a", 5, 4), "replayed");
  assert.equal(used.use("a", 5, 5), "replayed");
  assert.equal(used.use("b", 6, 6), "first", "step 5 goes");
  assert.equal(used.use("a", 5, 5), "first", "the caller must not accept it any more: here it counts as new");
});

test("when there is no room, nothing is accepted, and room comes with time", () => {
  const used = createUsedDpopProofs(3);
  for (const id of ["a", "b", "c"]) assert.equal(used.use(id, 1, 0), "first");
  assert.equal(used.use("d", 1, 0), "full");
  assert.equal(used.use("d", 2, 1), "full");
  assert.equal(used.use("a", 1, 0), "replayed", "what is known is known");
  assert.equal(used.use("d", 2, 2), "first");
});
