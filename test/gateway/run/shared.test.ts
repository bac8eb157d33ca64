import assert from "node:assert/strict";
import { test } from "node:test";
import { createShared } from "../../../src/gateway/run/shared.js";

test("what has the same configuration is one thing, closed by the last who lets go", async () => {
  const closed: string[] = [];
  const shared = createShared(
    ({ name }: { name: string }) => ({ name }),
    ({ name }) => void closed.push(name),
  );
  const [first, again, other] = [shared.take({ name: "a" }), shared.take({ name: "a" }), shared.take({ name: "b" })];
  assert.equal(first.it, again.it);
  assert.notEqual(first.it, other.it);
  await first.release();
  await first.release();
  assert.deepEqual(closed, []);
  await again.release();
  assert.deepEqual(closed, ["a"]);
  assert.notEqual(shared.take({ name: "a" }).it, first.it);
});
