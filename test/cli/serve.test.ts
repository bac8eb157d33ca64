import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { adaPassword, gatewayFiles } from "../gateway/gateway-files.js";
import { asAda, configText, echoUpstream } from "../gateway/running-gateway.js";
import { hangMs } from "../size.js";
import { runCli } from "./run-cli.js";

const users = "{ match: { path: / }, roles: [user], upstream: app }";

/** The flags of Node that `docs/gateway.md` names. */
const hardened = ["--disallow-code-generation-from-strings", "--disable-proto=throw"];

test("serve says where it listens, reloads on SIGHUP, hears of sessions ended beside it, and stops when asked", async (t) => {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  files.write("gate.yaml", configText(upstream.url, users));
  const child = spawn(process.execPath, [...hardened, "dist/src/cli/main.js", "serve", "--config", files.config]);
  t.after(() => child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    err += String(chunk);
  });
  async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + hangMs;
    while (!(await done())) {
      assert.ok(performance.now() < deadline, `never: ${what}\n${out}\n${err}`);
      await delay(20);
    }
  }
  await until("it listens", () => err.includes("listening on "));
  const origin = `http://${/listening on (\S+)/.exec(err)?.[1]}`;

  const logIn = await fetch(origin, { headers: { authorization: asAda } });
  const token = logIn.headers.get("authorization") ?? "";
  const status = async (authorization: string) => (await fetch(origin, { headers: { authorization } })).status;
  assert.equal(await status(token), 200);

  files.write("gate.yaml", configText(upstream.url, users.replace("user]", "admin]")));
  child.kill("SIGHUP");
  await until("the reload", async () => (await status(token)) === 403);

  const ended = await runCli(["sessions", "end", "--subject", "ada", "-c", files.config]);
  assert.equal(ended.code, 0);
  await until("the end of the session", async () => (await status(token)) === 401);

  files.write("gate.yaml", "realm: [\n");
  child.kill("SIGHUP");
  await until("the fault is logged", () => out.includes("the last good one stays"));
  assert.match(out, /gate\.yaml:2:1: /);

  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.match(err, /stopping; a second signal ends the calls under way at once\n/);
  for (const secret of [adaPassword, asAda.slice(6), token.slice(7)]) assert.ok(!(out + err).includes(secret));
});

test("serve goes on, and stops in peace, when nothing reads its output any more", async (t) => {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  files.write("gate.yaml", configText(upstream.url, users));
  const child = spawn(process.execPath, ["dist/src/cli/main.js", "serve", "--config", files.config]);
  t.after(() => child.kill("SIGKILL"));
  const [said] = await once(child.stderr, "data");
  child.stderr.destroy();
  child.stdout.destroy();
  const origin = `http://${/listening on (\S+)/.exec(String(said))?.[1]}`;
  assert.equal((await fetch(origin, { headers: { authorization: asAda } })).status, 200);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("a second signal that comes while serve starts ends it at once, too", async (t) => {
  const files = await gatewayFiles(t);
  const { url } = await echoUpstream(t);
  files.write("gate.yaml", `${configText(url, users)}limits: { stopDelay: 10m, stopTimeout: 20m }\n`);
  const twice = (callback: (signal: "SIGTERM") => void): void => {
    for (const signal of ["SIGTERM", "SIGTERM"] as const) callback(signal);
  };
  const { code, err } = await runCli(["serve", "-c", files.config], "", { onStopAsked: twice });
  assert.equal(code, 0, err);
});

test("serve names the address that another process has, and what to do", async (t) => {
  const files = await gatewayFiles(t);
  const { url } = await echoUpstream(t);
  const taken = new URL(url).host;
  files.write("gate.yaml", configText(url, users).replace("127.0.0.1:0", taken));
  const { code, err } = await runCli(["serve", "-c", files.config]);
  assert.equal(code, 1);
  assert.equal(err, `sallyport: ${taken} is in use by another process; stop that, or take another port\n`);
});

test("serve refuses to start on a faulty configuration, with every fault", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", configText("http://127.0.0.1:1/path", users.replace("app", "ap")));
  const { code, out, err } = await runCli(["serve", "-c", files.config]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /gate\.yaml:7:.*did you mean "app"\?\n.*gate\.yaml:8:.*must end after the port/);
});
