// h2spec, a suite of conformance to RFC 9113 and RFC 7541, against bare `node:http2` and the gateway.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listen } from "../adapters/servers.js";
import { route } from "../gateway/fixtures.js";
import { startGateway } from "../gateway/running.js";
import { readEnvironment } from "./environment.js";

interface Result {
  readonly passed: number;
  /** What h2spec calls each. */
  readonly failed: readonly string[];
}

/** The gateway speaks HTTP/1 on the same port: what is no preface of HTTP/2 is answered by its 400. */
const otherwise = "2: Sends invalid connection preface";

async function run(port: string): Promise<Result> {
  const { h2spec } = readEnvironment();
  const runner = spawn(h2spec, ["--host", "127.0.0.1", "--port", port, "--timeout", "3"]);
  let printed = "";
  runner.stdout.on("data", (chunk) => {
    printed += String(chunk);
  });
  await new Promise((resolve) => runner.on("close", resolve));
  // Colours, and lines that are written over.
  const lines = printed
    .split("\u001b")
    .map((part, index) => (index === 0 ? part : part.replace(/^\[[0-9;]*[A-Za-z]/, "")));
  const text = lines.join("").replaceAll("\r", "\n");
  const passed = /(\d+) passed/.exec(text)?.[1];
  assert.notEqual(passed, undefined, text);
  return {
    passed: Number(passed),
    failed: [...new Set([...text.matchAll(/× (\d+: .*)/g)].map(([, name = ""]) => name))],
  };
}

test("h2spec fails nothing at the gateway that it does not fail at bare node:http2", async (t) => {
  const server = createServer();
  server.on("sessionError", () => {}).on("session", (session) => session.on("error", () => {}));
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {}).resume();
    stream.respond({ ":status": 200, "content-type": "text/plain" });
    stream.end("hello");
  });
  const bare = await listen(server);
  t.after(() => bare.close());
  const gateway = await startGateway({ routes: [route({}, { anonymous: true })] });
  t.after(() => gateway.close());
  const [alone, behind] = [await run(new URL(bare.origin).port), await run(new URL(gateway.http2).port)];
  t.diagnostic(`bare: ${alone.passed} passed; the gateway: ${behind.passed} passed`);
  assert.ok(behind.passed >= alone.passed, `${behind.passed} passed, ${alone.passed} alone`);
  assert.deepEqual(
    behind.failed.filter((name) => name !== otherwise && !alone.failed.includes(name)),
    [],
  );
  assert.deepEqual(gateway.faults, []);
});
