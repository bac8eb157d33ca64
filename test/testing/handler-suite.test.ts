import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Names of the tests that failed when the suite ran on a handler with this fault. */
function failuresOf(fault: string): Promise<{ readonly failed: readonly string[]; readonly code: number | null }> {
  const path = fileURLToPath(new URL("./broken-handlers.js", import.meta.url));
  // Without NODE_TEST_CONTEXT it would report to the runner above instead of printing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--test-reporter=tap", path], { env: { ...env, FAULT: fault } });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const failed = [...output.matchAll(/^ +not ok \d+ - (.*)$/gm)].map(([, name = ""]) => name);
      resolve({ failed, code });
    });
  });
}

test("the suite passes on a sound handler", async () => {
  assert.deepEqual(await failuresOf("none"), { failed: [], code: 0 });
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
  nameless: /fits the table/,
};
for (const [fault, name] of Object.entries(caught)) {
  test(`the suite catches a handler that is ${fault}`, async () => {
    const { failed, code } = await failuresOf(fault);
    assert.notEqual(code, 0);
    assert.ok(
      failed.some((one) => name.test(one)),
      `failed only: ${failed.join("; ")}`,
    );
  });
}
