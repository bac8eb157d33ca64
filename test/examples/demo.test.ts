import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";

const noCurl = spawnSync("curl", ["--version"]).error === undefined ? false : "curl is not installed";

let demo: ChildProcessWithoutNullStreams;
let printed = "";

describe("examples/demo", () => {
  before(async () => {
    demo = spawn(process.execPath, ["dist/examples/demo.js"], { env: { ...process.env, PORT: "0" } });
    demo.stderr.pipe(process.stderr);
    for await (const chunk of demo.stdout) {
      printed += chunk;
      if (printed.includes("Ctrl-C")) break;
    }
  });

  after(() => demo.kill("SIGKILL"));

  test("npm start prints three curl lines that work as they stand, in order", { skip: noCurl }, () => {
    const lines = printed.split("\n").filter((line) => line.startsWith("curl "));
    assert.equal(lines.length, 3);
    const answers = lines.map((line) => {
      const { stdout, stderr, status } = spawnSync("sh", ["-c", line], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      return stdout;
    });
    assert.match(answers[0] ?? "", /^Authorization: Bearer sps_/m);
    assert.match(answers[0] ?? "", /"x-sallyport-scheme": "basic"/);
    assert.doesNotMatch(answers[0] ?? "", /x-sallyport-session/);
    assert.match(answers[1] ?? "", /"x-sallyport-session": "[\w-]{22}"/);
    const [first, next] = [answers[0], answers[2]].map((text) => /Bearer (sps_\S+)/.exec(text ?? "")?.[1]);
    assert.ok(next);
    assert.notEqual(next, first);
    const received = JSON.parse(answers[2]?.split("\r\n\r\n").at(-1) ?? "") as {
      path: string;
      headers: Record<string, string>;
    };
    assert.equal(received.path, "/hello");
    assert.equal(received.headers["x-sallyport-subject"], "demo");
    assert.equal(received.headers["x-sallyport-roles"], "user");
    assert.equal(received.headers.authorization, undefined);
  });

  test("npm start stops at once when asked, and takes its private directory along", async () => {
    const directory = /sessions are in (\S+)\./.exec(printed)?.[1] ?? "";
    assert.ok(existsSync(directory));
    demo.kill("SIGTERM");
    assert.deepEqual(await once(demo, "exit"), [0, null]);
    assert.ok(!existsSync(directory));
  });
});
