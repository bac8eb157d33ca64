import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("lines that come while others are being written need no further line to be written", async (t) => {
  const child = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `
    import { createLog } from ${JSON.stringify(new URL("../../../src/gateway/observe/log.js", import.meta.url).href)};
    const log = createLog({ level: "info", requests: 1, format: "json" });
    // More than a pipe holds: it is written when it is read. The turn of the last line comes before.
    log.info({ text: "x".repeat(1_000_000) }, "first");
    log.info({}, "last");
    setTimeout(() => process.stderr.write("waits"), 100);
    setInterval(() => {}, 60_000);`,
  ]);
  t.after(() => child.kill("SIGKILL"));
  await once(child.stderr, "data");
  let out = "";
  for await (const chunk of child.stdout) {
    out += String(chunk);
    if (out.includes('"msg":"last"')) break;
  }
  assert.match(out, /"msg":"first".*\n.*"msg":"last"/s);
});

test("all lines reach a pipe, once and in their order, those of the last moment before an exit among them", async (t) => {
  const lines = 20_000;
  const child = spawn(process.execPath, [
    "--input-type=module",
    "--eval",
    `
    import { createLog } from ${JSON.stringify(new URL("../../../src/gateway/observe/log.js", import.meta.url).href)};
    const log = createLog({ level: "info", requests: 1, format: "json" });
    for (let index = 0; index < ${lines}; index += 1) {
      log.info({ index }, "line");
      if (index % 100 === 0) await new Promise(setImmediate);
    }
    process.exit(0);`,
  ]);
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    out += chunk;
  });
  assert.deepEqual(await once(child, "close"), [0, null]);
  const told = out
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { index: number }).index);
  assert.deepEqual(
    told,
    Array.from({ length: lines }, (_, index) => index),
  );
});

test("an output that has taken nothing for so long that lines are dropped is used again when it takes some", async (t) => {
  const full = openSync("/dev/full", "w");
  const folder = mkdtempSync(join(tmpdir(), "sallyport-log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "log");
  const args = [
    "--input-type=module",
    "--eval",
    `
    import { closeSync, openSync } from "node:fs";
    import { createLog } from ${JSON.stringify(new URL("../../../src/gateway/observe/log.js", import.meta.url).href)};
    const log = createLog({ level: "info", requests: 1, format: "json" });
    for (let index = 0; index < 50; index += 1) {
      log.info({ text: "x".repeat(100_000) }, "before");
      await new Promise(setImmediate);
    }
    // The timer of the last write has fired.
    await new Promise((resolve) => setTimeout(resolve, 100));
    closeSync(1);
    openSync(${JSON.stringify(file)}, "w");
    log.info({}, "dropped");
    setTimeout(() => log.info({}, "after"), 100);`,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", full, "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  closeSync(full);
  assert.deepEqual(await once(child, "close"), [0, null]);
  const told = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.ok(told.length > 30, `${told.length}`);
  assert.equal(told.at(-1), "after");
  assert.ok(!told.includes("dropped"));
});
