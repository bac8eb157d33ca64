import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("four processes over one file have one budget", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const worker = fileURLToPath(new URL("./throttle-worker.js", import.meta.url));
  const children = Array.from({ length: 4 }, (_, index) => fork(worker, [join(folder, "sessions.db"), `p${index}`]));
  const ask = async (order?: "guess" | "finish"): Promise<unknown[]> =>
    Promise.all(
      children.map(async (child) => {
        const answer = once(child, "message");
        if (order !== undefined) child.send(order);
        return (await answer)[0];
      }),
    );
  try {
    await ask();
    await ask("guess"); // answered when all of them are being checked
    const accepted = (await ask("finish")) as number[];
    assert.equal(
      accepted.reduce((sum, count) => sum + count, 0),
      11,
      `of 256 guesses in parallel: ${accepted}`,
    );
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
    rmSync(folder, { recursive: true });
  }
});
