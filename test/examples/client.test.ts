import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { type RunningExample, runExample } from "./run-example.js";

let server: RunningExample;

describe("examples/client", () => {
  before(async () => {
    server = await runExample("demo", {}, "Ctrl-C");
  });
  after(() => server.stop());

  async function runClient(
    password: string,
  ): Promise<{ readonly code: unknown; readonly stdout: string; stderr: string }> {
    const env = { ...process.env, PASSWORD: password };
    const client = spawn(process.execPath, ["dist/examples/client.js", server.origin, "demo"], { env });
    const said = { stdout: "", stderr: "" };
    client.stdout.on("data", (chunk) => (said.stdout += chunk));
    client.stderr.on("data", (chunk) => (said.stderr += chunk));
    const [code] = await once(client, "close");
    return { code, ...said };
  }

  test("against npm start it logs in, follows a rotation, and logs out", async () => {
    const password = /-u demo:(\S+)/.exec(server.printed)?.[1] ?? "";
    const { code, stdout, stderr } = await runClient(password);
    assert.equal(stderr, "");
    assert.match(stdout, /^logged in as demo, generation 1\nthis is session [\w-]{22}\n/);
    assert.match(stdout, /\nGET \/ answered 200, generation 2\nlogged out\n$/);
    assert.equal(code, 0);
  });

  test("a wrong password is said in words, and the exit code tells", async () => {
    const { code, stderr } = await runClient("wrong");
    assert.equal(stderr, "wrong user or password\n");
    assert.equal(code, 1);
  });
});
