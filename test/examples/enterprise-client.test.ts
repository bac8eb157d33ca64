import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

test("a log-in on the wire of Deephaven Enterprise, and a token that is good once", async () => {
  const run = promisify(execFile)(process.execPath, ["dist/examples/enterprise-client.js"]);
  const { stdout, stderr } = await run;
  assert.equal(stdout, "refused\nada as bob\nonce: bob\ntwice: not good\n");
  assert.match(stderr, /^sallyport: a ticket came back \(used\)/);
});
