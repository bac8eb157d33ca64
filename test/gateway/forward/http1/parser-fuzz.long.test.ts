import { test } from "node:test";
import { compareMany } from "./mutated-answers.js";

test("whatever the parser takes, Node and undici take alike, a million times", async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const { taken } = await compareMany(seed, 1_000_000);
  t.diagnostic(`${taken} taken`);
});
