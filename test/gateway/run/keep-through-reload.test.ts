import assert from "node:assert/strict";
import { test } from "node:test";
import { keepThroughReload } from "../../../src/gateway/run/keep-through-reload.js";

test("equal configurations share one resource, which the last release closes", async () => {
  const closed: string[] = [];
  const kept = keepThroughReload(
    ({ name }: { name: string }) => ({ name }),
    ({ name }) => void closed.push(name),
  );
  const [first, again, other] = [kept.take({ name: "a" }), kept.take({ name: "a" }), kept.take({ name: "b" })];
  assert.equal(first.resource, again.resource);
  assert.notEqual(first.resource, other.resource);
  await first.release();
  await first.release();
  assert.deepEqual(closed, []);
  await again.release();
  assert.deepEqual(closed, ["a"]);
  assert.notEqual(kept.take({ name: "a" }).resource, first.resource);
});
