import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hangMs } from "../../size.js";
import { gatewayFiles } from "../gateway-files.js";
import { asAda, configText, echoUpstream } from "../running-gateway.js";

/** As many as Node needs to load the modules, which it does side by side. */
const limit = 256;

/** A gateway in a process of its own that may open `limit` files. */
async function serve(t: TestContext, config: string) {
  const script = `ulimit -n ${limit} && exec "$@"`;
  const args = ["-c", script, "bash", process.execPath, "dist/src/cli/main.js", "serve", "--config", config];
  const child = spawn("bash", args);
  t.after(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    err += String(chunk);
  });
  const until = async (what: string, done: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + hangMs;
    while (!(await done())) {
      assert.ok(performance.now() < deadline && child.exitCode === null, `never: ${what}\n${out}\n${err}`);
      await delay(50);
    }
  };
  await until("it listens", () => err.includes("listening on "));
  const port = Number(/listening on \S+:(\d+)/.exec(err)?.[1]);
  return { child, port, until, lines: (word: string) => out.split("\n").filter((line) => line.includes(word)) };
}

test("without a free file descriptor the log says so once, with what to do, and all goes on when there are some again", {
  skip: process.platform !== "linux" && "no such limit, or no /proc to see it",
}, async (t) => {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  files.write("gate.yaml", configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }"));
  const { child, port, until, lines } = await serve(t, files.config);
  await until("it is told at the start", () => lines("this process may open 256 files").length === 1);
  const used = (): number => readdirSync(`/proc/${child.pid}/fd`).length;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const status = (authorization = asAda): Promise<number> =>
    new Promise((resolve) => {
      get({ port, agent, headers: { authorization } }, (response: IncomingMessage) => {
        response.resume().once("end", () => resolve(response.statusCode ?? 0));
      }).once("error", () => resolve(0));
    });
  // Its connection stays: it is a caller who was there before.
  assert.equal(await status("Basic eDp5"), 401);

  const held: Socket[] = [];
  t.after(() => {
    for (const socket of held) socket.destroy();
  });
  await until("no descriptor is left", async () => {
    for (let more = 0; more < 40; more++) {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      held.push(socket);
      await once(socket, "connect");
    }
    return used() >= limit - 1 && lines('"kind":"descriptors"').length > 0;
  });
  assert.equal(await status(), 503, "the upstream cannot be connected to");
  const failed =
    /"code":"EMFILE","detail":"\S+ could not be connected to: this process has no file descriptor left \(EMFILE\): raise/;
  await until("it is told why", () => lines("").some((line) => failed.test(line)));

  // An edit that cannot be read now is not lost.
  const users = readFileSync(join(files.directory, "users.yaml"), "utf8");
  files.write("users.yaml", users.replace("ada:", "bob:"));
  await until("the edit is looked at", async () => (await status()) === 503 && lines("cannot be read").length > 0);

  for (const socket of held) socket.destroy();
  await until("it is told", () => lines("there are free file descriptors again").length > 0);
  await until("the edit is read", async () => (await status()) === 401);
  files.write("users.yaml", users);
  await until("calls are served", async () => (await status()) === 200);
  const told = lines('"kind":"descriptors"').filter((line) => line.includes('"code":"EMFILE"'));
  assert.equal(told.length, 1, told.join("\n"));
  assert.match(told[0] ?? "", /ulimit -n; LimitNOFILE of systemd; nofile of a container/);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
