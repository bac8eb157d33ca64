import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runCli } from "../cli/run-cli.js";
import { type RunningExample, runExample } from "./run-example.js";

const folder = mkdtempSync(join(tmpdir(), "api-keys-example-"));
const file = join(folder, "api-keys.jsonl");
let example: RunningExample;
let key: string;

describe("examples/api-keys", () => {
  before(async () => {
    key = (
      await runCli(["api-keys", "new", file, "--name", "ci 2027", "--subject", "ci", "--roles", "deploy"])
    ).out.trim();
    example = await runExample("api-keys", { API_KEYS: file });
  });
  after(async () => {
    await example.stop();
    rmSync(folder, { recursive: true });
  });

  test("a key made on the command line is let in under both schemes, without a token of ours", async () => {
    for (const scheme of ["ApiKey", "Bearer"]) {
      const answer = await fetch(example.origin, { headers: { authorization: `${scheme} ${key}` } });
      assert.deepEqual(await answer.json(), { hello: "ci", key: "ci 2027", mayDeploy: true });
      assert.equal(answer.headers.get("authorization"), null);
    }
  });

  test("a mistyped key is 401, and the answer names the scheme", async () => {
    const answer = await fetch(example.origin, { headers: { authorization: `ApiKey ${key.slice(0, -1)}` } });
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate") ?? "", /ApiKey realm="sallyport"/);
  });
});
