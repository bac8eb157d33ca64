import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCli } from "../cli/run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-example-"));
after(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["dist/examples/private-key.js", ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test("a key that keygen made logs in where its line is in the file, and no other does", async () => {
  const keys = join(folder, "authorized_keys");
  const { out, err } = await runCli(["keygen", "--user", "ada", "--dir", folder]);
  assert.match(err, /^made /);
  appendFileSync(keys, out);
  const known = await run(keys, join(folder, "priv-ada.base64.txt"));
  assert.match(known.stdout, /^logged in as ada, by the key [\w-]{43}\n$/);
  assert.equal(known.code, 0, known.stderr);

  await runCli(["keygen", "--user", "eve", "--dir", folder]);
  const stranger = await run(keys, join(folder, "priv-eve.base64.txt"));
  assert.deepEqual([stranger.code, stranger.stderr], [1, "the server does not know this key\n"]);
});
