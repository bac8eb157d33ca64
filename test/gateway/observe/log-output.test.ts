import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";

/** Writes lines while the event loop turns, and ends by itself. */
const program = (format: string) => `
  import { createLog } from ${JSON.stringify(new URL("../../../src/gateway/observe/log.js", import.meta.url).href)};
  const log = createLog({ level: "info", requests: 1, format: "${format}" });
  for (let index = 0; index < 20; index += 1) {
    log.info({ kind: "x" }, "line");
    await new Promise(setImmediate);
  }
  process.stderr.write("went on");
`;

for (const format of ["json", "text"]) {
  test(`a full disk behind standard output neither ends the process nor keeps it from ending, as ${format}`, async (t) => {
    const full = openSync("/dev/full", "w");
    const args = ["--input-type=module", "--eval", program(format)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    closeSync(full);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(child, "close");
    assert.deepEqual([code, said], [0, "went on"]);
  });
}
