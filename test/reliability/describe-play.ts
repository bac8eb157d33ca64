import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import type { TestContext } from "node:test";
import type { Pace } from "./pace.js";
import { play } from "./play.js";

/** Plays once, prints what has happened, and fails with the history of each thing that should not have. */
export async function describePlay(t: TestContext, pace: Pace): Promise<void> {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const { failures, counts } = await play(seed, pace);
  for (const [what, times] of [...counts].sort()) t.diagnostic(`${what}: ${times}`);
  assert.ok(failures.length === 0, `SEED=${seed}\n${failures.join("\n\n")}`);
}
