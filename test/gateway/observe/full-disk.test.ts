import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { on } from "node:events";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gatewayFiles } from "../gateway-files.js";
import { asAda, configText, echoUpstream } from "../running-gateway.js";

/** What the child says: one of these. */
interface Said {
  readonly port?: number;
  readonly adminPort?: number;
  readonly aheadMs?: number;
  readonly line?: Record<string, unknown>;
}

interface Answer {
  readonly status: number | undefined;
  readonly token: string;
}

/** A user and a mount namespace of its own, as containers have: there a process may mount what it likes. */
const inNamespace = ["unshare", "--user", "--map-root-user", "--mount"];

const rotateAfterMs = 300_000;

/** Starts a gateway whose database is on a disk of 2 MiB, which only its process sees. */
async function start(t: TestContext) {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const disk = join(files.directory, "disk");
  mkdirSync(disk);
  const text = configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }")
    .replace("./sallyport.db", "./disk/sallyport.db")
    .replace(/session: .*/, `session: { rotateAfter: ${rotateAfterMs}ms }`);
  files.write("gate.yaml", `${text}admin: { address: 127.0.0.1:0 }\n`);
  const script = fileURLToPath(new URL("./small-disk-child.js", import.meta.url));
  const [command = "", ...args] = inNamespace;
  const mount = 'mount -t tmpfs -o size=2m,mode=0700 none "$1" && shift && exec "$@"';
  const child: ChildProcess = spawn(
    command,
    [...args, "sh", "-c", mount, "sh", disk, process.execPath, script, files.config],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  t.after(() => child.kill("SIGKILL"));
  const lines: Record<string, unknown>[] = [];
  child.on("message", ({ line }: Said) => void (line && lines.push(line)));
  async function said<Name extends keyof Said>(name: Name): Promise<Said> {
    for await (const [message] of on(child, "message"))
      if ((message as Said)[name] !== undefined) return message as Said;
    return assert.fail("the gateway has ended");
  }
  const { port, adminPort } = await said("port");

  const fill = `/proc/${child.pid}/root${disk}/fill`;
  return {
    lines,
    fillDisk() {
      const file = openSync(fill, "w");
      try {
        for (;;) writeSync(file, Buffer.alloc(4_096));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(fill),
    async turnClock(ms: number) {
      const turned = said("aheadMs");
      child.send(ms);
      await turned;
    },
    async ready(): Promise<readonly [number, string]> {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
      return [answer.status, await answer.text()];
    },
    /** Asks by a connection of its own: a token is offered once per connection. */
    ask: (authorization: string) =>
      new Promise<Answer>((resolve, reject) => {
        get({ host: "127.0.0.1", port, agent: false, headers: { authorization } }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, token: response.headers.authorization ?? "" });
        }).on("error", reject);
      }),
  };
}

const { status: mayMount } = spawnSync(inNamespace[0] ?? "", [...inNamespace.slice(1), "true"], { stdio: "ignore" });
const skip =
  mayMount !== 0 && "needs user namespaces (unshare --user --mount), to have a small disk without being root";

test("a disk that is full: log-ins and due tokens get 503, remembered ones go on, probe and log say what to do, and all is well when there is room", {
  skip,
}, async (t) => {
  const { ask, ready, turnClock, lines, fillDisk, makeRoom } = await start(t);
  async function logIn(): Promise<string> {
    const { token } = await ask(asAda);
    assert.equal((await ask(token)).status, 200);
    return token;
  }
  const due = await logIn();
  await turnClock(rotateAfterMs);
  const fresh = await logIn();
  assert.deepEqual(await ready(), [200, "ready\n"]);

  fillDisk();
  assert.deepEqual(await ask(asAda), { status: 503, token: "" });
  assert.deepEqual(await ask(due), { status: 503, token: "" });
  assert.deepEqual(await ask(fresh), { status: 200, token: "" });
  await turnClock(1_000); // the probe's answer is kept for half a second
  const words = /the session database cannot answer: the disk is full \(SQLITE_FULL\); make room on it/;
  const [status, why] = await ready();
  assert.equal(status, 503);
  assert.match(why, /^the store cannot write: /);
  assert.match(why, words);
  const told = lines.find(({ kind }) => kind === "store-failed");
  assert.match(String(told?.error), words);
  assert.deepEqual(await ask(fresh), { status: 200, token: "" });

  makeRoom();
  await turnClock(1_000);
  assert.deepEqual(await ready(), [200, "ready\n"]);
  const turned = await ask(due);
  assert.equal(turned.status, 200);
  assert.match(turned.token, /^Bearer sps_/);
  assert.equal((await ask(turned.token)).status, 200);
  assert.equal((await ask(fresh)).status, 200);
  await logIn();
});
