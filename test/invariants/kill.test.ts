import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../src/testing/random.js";
import { sized } from "../size.js";
import { killAndCheck } from "./kills.js";

test("12. kill -9 at any point: after restart each claimed session is wholly before or wholly after; the client holding either token goes on", async (t) => {
  const random = createRandom();
  t.diagnostic(`seed ${random.seed}`);
  // Two files at a time: most of it is waiting for processes to start.
  const both = await Promise.all([random, createRandom(random.seed + 1)].map((own) => killAndCheck(sized(3, 10), own)));
  const live = both.reduce((sum, each) => sum + each.live, 0);
  const over = both.reduce((sum, each) => sum + each.over, 0);
  t.diagnostic(`${live} sessions went on, ${over} stayed over`);
  assert.ok(live > sized(5, 20) && over >= sized(1, 5), "too few to say anything");
});
