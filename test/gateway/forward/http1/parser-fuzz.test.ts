import assert from "node:assert/strict";
import { test } from "node:test";
import { hangMs, sized } from "../../../size.js";
import { compareMany } from "./mutated-answers.js";

test("whatever the parser takes, Node and undici take alike", { timeout: 5 * hangMs }, async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const cases = sized(2_000, 10_000);
  const { taken } = await compareMany(seed, cases);
  t.diagnostic(`${taken} of ${cases} taken`);
  // Otherwise it would compare nothing.
  assert.ok(taken > cases / 20, String(taken));
});
