import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

interface Result {
  readonly passed: boolean;
  /** Names of the tests that failed. */
  readonly failed: readonly string[];
}

/** Of the suite on each handler, by its fault. */
async function runOnAll(): Promise<ReadonlyMap<string, Result>> {
  const path = fileURLToPath(new URL("./broken-handlers.js", import.meta.url));
  // Without NODE_TEST_CONTEXT it would report to the runner above instead of printing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--test-reporter=tap", path], { env });
  const output = await text(child.stdout);
  const results = new Map<string, Result>();
  let failed: string[] = [];
  for (const [, indent, not, name = ""] of output.matchAll(/^( *)(not )?ok \d+ - (.*)$/gm)) {
    if (indent !== "" && not !== undefined) failed.push(name);
    if (indent !== "") continue;
    results.set(name.replace(/^handler /, ""), { passed: not === undefined, failed });
    failed = [];
  }
  return results;
}

const running = runOnAll();

test("the suite passes on a sound handler, asked again or not", async () => {
  for (const sound of ["none", "asked"])
    assert.deepEqual((await running).get(sound), { passed: true, failed: [] }, sound);
});

const caught: Record<string, RegExp> = {
  lenient: /mutated credentials are never accepted/,
  throwing: /arbitrary text makes it neither throw nor give up/,
  telling: /its challenge/,
  malformed: /its challenge/,
  showing: /shows no secret/,
  dated: /survive JSON/,
  copying: /hold no secret/,
  crossing: /do not cross/,
  once: /accepted, each time/,
  unavailable: /never an error/,
  forgetful: /asked again, it gives each account/,
  trusting: /an account that is gone/,
  deaf: /its epoch differs/,
  marking: /is no secret/,
  renaming: /an account that is changed/,
  sealed: /an account that is gone/,
  nameless: /fits the table/,
};
for (const [fault, name] of Object.entries(caught)) {
  test(`the suite catches a handler that is ${fault}`, async () => {
    const { passed, failed } = (await running).get(fault) ?? assert.fail("it was not run");
    assert.equal(passed, false);
    assert.ok(
      failed.some((one) => name.test(one)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
