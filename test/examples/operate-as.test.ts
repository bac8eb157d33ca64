import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("it operates as somebody, hands a ticket over once, and ends", () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["dist/examples/operate-as.js"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("event:"));
  assert.deepEqual(lines, [
    "without a reason: You may not operate as this account.",
    "ada operates as bob, with the roles customer",
    "reports learns: bob, by ada",
    "the second time: used",
    "ada was ended; her session as bob is over: true",
  ]);
});
