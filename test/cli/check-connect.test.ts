import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gatewayFiles } from "../gateway/gateway-files.js";
import { makeCertificates } from "../gateway/make-certificates.js";
import { createServer, freePort, listen } from "../gateway/run/probe/probe-world.js";
import { runCli } from "./run-cli.js";

test("check reaches for nothing; with --connect each thing has a line, and a fault is 1", async (t) => {
  const files = await gatewayFiles(t);
  let requests = 0;
  const port = await listen(
    t,
    createServer((_request, response) => {
      requests++;
      response.end();
    }),
  );
  const write = (upstream: number) =>
    files.write(
      "gate.yaml",
      `listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Basic: { users: ./users.yaml } }
routes: [{ match: { path: / }, roles: [user], upstream: app }]
upstreams: { app: { url: "http://127.0.0.1:${upstream}" } }
`,
    );
  write(port);
  const check = (...args: string[]) => runCli(["check", "--config", files.config, ...args]);
  const summary = `${files.config} is fine (handlers: 1, routes: 1, upstreams: 1)\n`;
  assert.deepEqual(await check(), { code: 0, out: summary, err: "" });
  assert.equal(requests, 0);
  const { code, out, err } = await check("--connect");
  assert.deepEqual([code, err, requests], [0, "", 1]);
  assert.match(out, /is fine .*\nok {2}keys {18}\S+ is closed to other users\n/);
  assert.match(out, /\nok {2}store {17}in memory: sessions end with the process\n/);
  assert.match(out, new RegExp(`\nok {2}upstreams.app {9}127.0.0.1:${port} speaks HTTP/1.1\n$`));

  const none = await freePort();
  write(none);
  const down = await check("--connect");
  assert.equal(down.code, 1);
  assert.match(down.out, new RegExp(`\nfault {2}upstreams.app {9}127.0.0.1:${none} refused the connection\n$`));
  const json = await check("--connect", "--json");
  const { ok, findings } = JSON.parse(json.out) as { ok: boolean; findings: object[] };
  assert.deepEqual([json.code, ok], [1, false]);
  assert.deepEqual(findings.at(-1), {
    what: "upstreams.app",
    verdict: "fault",
    detail: `127.0.0.1:${none} refused the connection`,
  });
  files.write("gate.yaml", "listen: []");
  assert.equal((await check("--connect")).code, 1);
});

test("the clock of an upstream over TLS is compared, and the command ends when all is told", async (t) => {
  const certificates = makeCertificates() ?? assert.fail("needs openssl: apt-get install openssl");
  t.after(() => certificates.remove());
  const { cert, key } = certificates.make("app");
  const files = await gatewayFiles(t);
  const port = await listen(
    t,
    createHttpsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) => {
      response.setHeader("date", new Date(Date.now() + 3_600_000).toUTCString());
      response.end();
    }),
  );
  files.write(
    "gate.yaml",
    `listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { memory: true }
handlers: { Basic: { users: ./users.yaml } }
routes: [{ match: { path: / }, roles: [user], upstream: app }]
upstreams: { app: { url: "https://localhost:${port}" } }
`,
  );
  const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificates.ca };
  const out = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [main, "check", "--connect", "-c", files.config], { env }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  assert.match(out, /\nok +upstreams.app +localhost:\d+ speaks HTTP\/1.1 over TLS\n/);
  assert.match(out, /\nwarning +upstreams.app +its certificate is good for 1 more days/);
  assert.match(out, /\nwarning +clock +this machine is \d+ s behind upstreams.app; let NTP set/);
});
