import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { loadConfig } from "../../../src/gateway/config/parse-config.js";
import { createLog } from "../../../src/gateway/observe/log.js";
import { startGateway } from "../../../src/gateway/run/gateway.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { runCli } from "../../cli/run-cli.js";
import { gatewayFiles } from "../gateway-files.js";
import { asAda, configText, echoUpstream } from "../running-gateway.js";

interface Answer {
  readonly status: number | undefined;
  readonly token: string;
}

async function start(t: TestContext) {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const path = join(files.directory, "sallyport.db");
  files.write(
    "gate.yaml",
    `${configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }").replace(/session: .*/, "")}admin: { address: 127.0.0.1:0 }\n`,
  );
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const log = createLog(
    { level: "info", requests: 1, format: "json" },
    {
      write(line) {
        lines.push(JSON.parse(line) as Record<string, unknown>);
        for (const look of waiting) look();
      },
    },
  );
  let aheadMs = 0;
  const platform: Platform = {
    ...systemPlatform,
    monotonic: () => systemPlatform.monotonic() + aheadMs,
    // On a busy machine the engine's patience of 2 s could end before the store's of 1.5 s, which names the lock.
    delay: (ms, done, hold) => systemPlatform.delay(ms === 2_000 ? 60_000 : ms, done, hold),
  };
  const gateway = await startGateway(loadConfig(files.config), { log, platform });
  t.after(() => gateway.stop());
  const origin = `http://127.0.0.1:${gateway.addresses()[0]?.port}`;
  return {
    files,
    path,
    lines,
    /** Resolves when a line holds the words. */
    line: (words: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (!lines.some((line) => words.test(JSON.stringify(line)))) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async ready(): Promise<readonly [number, string]> {
      aheadMs += 1_000; // an answer is kept for half a second
      const answer = await fetch(`http://127.0.0.1:${gateway.adminAddress()?.port}/readyz`);
      return [answer.status, await answer.text()];
    },
    metrics: async () => (await fetch(`http://127.0.0.1:${gateway.adminAddress()?.port}/metrics`)).text(),
    /** Asks by a connection of its own: a token is offered once per connection. */
    ask: (headers: Record<string, string>) =>
      new Promise<Answer>((resolve, reject) => {
        get(origin, { agent: false, headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, token: response.headers.authorization ?? "" });
        }).on("error", reject);
      }),
    cli: (...args: string[]) => runCli([...args, "--config", files.config]),
  };
}

/** Logs in and claims the session. Returns its token. */
async function logIn(ask: (headers: Record<string, string>) => Promise<Answer>): Promise<string> {
  const { token } = await ask({ authorization: asAda });
  assert.equal((await ask({ authorization: token })).status, 200);
  return token;
}

test("a backup that is moved over the database of a running gateway: seen, told, opened, and then commands reach it", async (t) => {
  const { path, line, ready, ask, cli } = await start(t);
  const restored = await logIn(ask);
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`vacuum into '${path}.backup'`);
  database.close();
  const lost = await logIn(ask);
  assert.deepEqual(await ready(), [200, "ready\n"]);

  renameSync(`${path}.backup`, path);
  await line(/another file was put at/);
  await line(/is open again/);
  assert.deepEqual(await ready(), [200, "ready\n"]);
  assert.equal((await ask({ authorization: lost })).status, 401);
  assert.equal((await ask({ authorization: restored })).status, 200);
  assert.equal((await cli("sessions", "end", "--before", "2100-01-01T00:00:00Z")).out, "1 session has ended\n");
  assert.equal((await cli("sessions", "ls", "--json")).out, "");
});

test("a database that is deleted: an error in the log, 503 at the probe and to callers, and no command makes another", async (t) => {
  const { files, path, line, lines, ready, ask, cli } = await start(t);
  const token = await logIn(ask);
  for (const side of ["", "-wal", "-shm"]) rmSync(path + side);
  await line(/is gone from/);
  assert.equal(lines.find(({ kind }) => kind === "store-failed")?.level, "error");
  const [status, words] = await ready();
  assert.equal(status, 503);
  assert.match(words, /^the store fails: the session database is gone from .*; put it back, or restore a backup/);
  assert.equal((await ask({ authorization: token })).status, 503);
  assert.equal((await ask({ authorization: asAda })).status, 503);
  for (const words of [
    ["sessions", "ls"],
    ["sessions", "end", "--subject", "ada"],
    ["throttle", "reset", "--account", "ada"],
  ]) {
    const { code, out, err } = await cli(...words);
    assert.deepEqual([code, out], [1, ""], words.join(" "));
    assert.match(err, /^sallyport: there is no database at .*; give the path of the one that the server uses/);
  }
  assert.equal(existsSync(path), false);
  // A gateway that starts makes a new one, and this one joins it.
  const other = await startGateway(loadConfig(files.config), {
    log: createLog({ level: "error", requests: 1, format: "json" }),
  });
  t.after(() => other.stop());
  await line(/is open again/);
  assert.deepEqual(await ready(), [200, "ready\n"]);
  assert.equal((await ask({ authorization: token })).status, 401);
  await logIn(ask);
  assert.match((await cli("sessions", "end", "--subject", "ada")).out, /has ended/);
});

test("a write lock that another process keeps is named in the log and at the probe, which a trial makes ready again", async (t) => {
  const { path, lines, ready, ask, metrics } = await start(t);
  const token = await logIn(ask);
  const { DatabaseSync } = loadDriver();
  const other = new DatabaseSync(path, { timeout: 0 });
  other.exec("begin immediate");
  assert.deepEqual(await ready(), [200, "ready\n"]);
  assert.equal((await ask({ authorization: asAda })).status, 503);
  const told = lines.find(({ kind }) => kind === "store-failed");
  assert.match(String(told?.error), /another process holds the write lock \(SQLITE_BUSY\); look for a backup/);
  const [status, words] = await ready();
  assert.equal(status, 503);
  assert.match(words, /^the store cannot write: .*another process holds the write lock/);
  assert.equal((await ask({ authorization: token })).status, 200, "what is remembered goes on");
  const warnings = () => lines.flatMap(({ kind, msg }) => (kind === "warning" ? [String(msg)] : []));
  assert.match(warnings().join(), /^the store cannot write: [^,]*another process holds the write lock/);
  const state = async () => /breaker_state{kind="store",name="sqlite",state="(\w+)"} 1/.exec(await metrics())?.[1];
  assert.equal(await state(), "open");
  other.close();
  assert.deepEqual(await ready(), [200, "ready\n"]);
  assert.equal(await state(), "closed");
  assert.match(warnings()[1] ?? "", /^the store writes again, after \d+ s$/);
  assert.equal((await ask({ authorization: asAda })).status, 200);
});
