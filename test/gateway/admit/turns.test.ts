import assert from "node:assert/strict";
import { test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { createTurns } from "../../../src/gateway/admit/turns.js";

test("of one caller two jobs run at a time, a thousand wait, and one that has waited too long is refused", async () => {
  let over: (() => void)[] = [];
  const delays: (() => void)[] = [];
  const platform = {
    ...systemPlatform,
    delay: (_ms: number, done: () => void) => {
      delays.push(done);
      return () => {};
    },
  };
  const turns = createTurns(2, 1_000, platform);
  const begun: number[] = [];
  const run = (index: number): Promise<string> =>
    turns.run("ada", () => {
      begun.push(index);
      return new Promise((resolve) => over.push(() => resolve(`${index} done`)));
    });
  const all = Array.from({ length: 1_026 }, (_, index) => run(index));
  const words = "has 2 questions about this caller under way, and more wait";
  await assert.rejects(run(-1), { code: "unavailable", message: words });
  assert.deepEqual(begun, [0, 1]);
  // The first that waits has waited long enough.
  delays[0]?.();
  await assert.rejects(all[2] as Promise<string>, { code: "unavailable", message: words });
  assert.equal(await turns.run("bob", async () => "bob"), "bob");
  while (over.length > 0) {
    const ended = over;
    over = [];
    for (const end of ended) end();
    await new Promise(setImmediate);
  }
  assert.equal((await Promise.allSettled(all)).filter(({ status }) => status === "fulfilled").length, 1_025);
  assert.deepEqual(begun.slice(0, 4), [0, 1, 3, 4]);
});

test("a job that fails makes room", async () => {
  const turns = createTurns(1, 1_000, systemPlatform);
  for (let index = 0; index < 3; index++)
    await assert.rejects(
      turns.run("ada", () => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
  assert.equal(await turns.run("ada", async () => "in"), "in");
});
