import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

test("the client calls, the thief with its token does not, and it ends by itself", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["dist/examples/bound.js"]);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    [
      "the client: hello ada",
      "the thief, as Bearer: 401 invalid_dpop_proof",
      "the thief, as DPoP: 401 invalid_dpop_proof",
      "the client: hello ada",
      "",
    ].join("\n"),
  );
});
