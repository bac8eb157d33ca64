// People of a directory in front of the real Deephaven server, by the configuration of docs/deephaven-ldap.md: the gateway
// logs in there with the shared key, for each of their sessions.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { keyFile } from "../../src/keys/key-file.js";
import { createRandom } from "../../src/testing/random.js";
import { type Slapd, searcher, smallDirectory, startSlapd, suffix } from "../handlers/ldap/slapd.js";
import { freePort, startDeephaven } from "./deephaven-server.js";
import { readEnvironment, runDriver } from "./environment.js";
import type { Subject } from "./people.js";

const { python, jsapi } = readEnvironment();
const folder = mkdtempSync(join(tmpdir(), "sallyport-interop-"));
const random = createRandom(process.env.SEED === undefined ? undefined : Number(process.env.SEED));
const psk = "the shared key, which no client has".replaceAll(" ", "-");

/** `bob` is of the group, `eve` is not. */
const people = ["bob", "eve"].map(
  (uid) =>
    `dn: uid=${uid},${suffix}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: L\nuserPassword: correct horse`,
);
const directory = [`${smallDirectory}\nmember: uid=bob,${suffix}`, ...people].join("\n\n");

interface Gateway {
  readonly port: number;
  /** Waits until it listens. */
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

let slapd: Slapd;
let deephaven: Subject;
let upstreamPort: number;
let gateways: readonly [Gateway, Gateway];
let client: Driver;

/** The configuration of the page, with the places of this run, and sessions that turn within seconds. */
function toConfig(port: number): string {
  const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/deephaven-ldap.md", "utf8")) ?? [];
  const places: readonly (readonly [string, string])[] = [
    ["127.0.0.1:8080", `127.0.0.1:${port}`],
    ["ldaps://directory.example.org", slapd.url],
    ["h2c://127.0.0.1:10000", `h2c://127.0.0.1:${upstreamPort}`],
    ["h2c://127.0.0.1:10000", `h2c://127.0.0.1:${upstreamPort}`],
    ["deephavenCore: {}", "deephavenCore: { session: { rotateAfter: 2s, overlap: 500ms, idle: 40s } }"],
    ["wire: deephaven", "wire: deephaven\n      keepAlive: 3s"],
  ];
  return places.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the page lacks ${from}`);
    return text.replace(from, to);
  }, yaml);
}

async function gateway(name: string): Promise<Gateway> {
  const port = await freePort();
  const config = join(folder, name);
  writeFileSync(config, toConfig(port), { mode: 0o600 });
  let child: ChildProcess | undefined;
  return {
    port,
    async start() {
      const env = { ...process.env, LDAP_PASSWORD: searcher.password };
      const args = ["dist/src/cli/main.js", "serve", "--config", config];
      const started = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
      child = started;
      await new Promise<void>((resolve, reject) => {
        let said = "";
        started.stderr.on("data", (chunk) => {
          said += String(chunk);
          if (said.includes("listening on")) resolve();
        });
        started.on("exit", () => reject(new Error(`the gateway ended\n${said}`)));
      });
    },
    async kill(signal) {
      const ended = new Promise((resolve) => child?.once("exit", resolve));
      if (child?.kill(signal)) await ended;
      child = undefined;
    },
  };
}

/** A process with clients, which does one thing after the other. */
class Driver {
  readonly #child = spawn(python, ["test/interop/python/bridge.py"], { stdio: ["pipe", "pipe", "inherit"] });
  readonly #lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();

  async do(...command: readonly (string | number)[]): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("the driver ended");
      if (value.startsWith("{")) return JSON.parse(value).saw;
    }
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}

before(async () => {
  [slapd, upstreamPort] = await Promise.all([startSlapd(directory), freePort()]);
  deephaven = await startDeephaven({ port: upstreamPort, psk });
  keyFile(join(folder, "keys.json"), { create: true });
  writeFileSync(join(folder, "deephaven.key"), `${psk}\n`, { mode: 0o600 });
  gateways = [await gateway("one.yaml"), await gateway("other.yaml")];
  for (const each of gateways) await each.start();
  client = new Driver();
});
after(async () => {
  client?.close();
  for (const each of gateways ?? []) await each.kill("SIGKILL");
  await deephaven?.close();
  await slapd?.stop();
  rmSync(folder, { recursive: true });
});

const makeTable =
  "from deephaven import empty_table, time_table\nt = empty_table(1000).update(['X = i'])\ntick = time_table('PT0.2S')";

describe("people of a directory in front of Deephaven", () => {
  test("they log in by their own passwords, and work", async () => {
    const [{ port }, other] = gateways;
    assert.match(String(await client.do("connect", "ada", port, "ada", "wrong")), /^DHError/);
    assert.equal(await client.do("connect", "ada", port, "ada", "correct horse"), "connected");
    assert.equal(await client.do("connect", "bob", other.port, "bob", "correct horse"), "connected");
    assert.equal(await client.do("connect", "eve", port, "eve", "correct horse"), "connected");
    assert.equal(await client.do("script", "ada", makeTable), "ran");
    assert.equal(await client.do("read", "ada", "t"), 1_000);
    assert.equal(await client.do("upload", "ada", 100_000), 100_000);
    assert.equal(await client.do("upload", "bob", 10), 10);
    assert.match(String(await client.do("upload", "eve", 10)), /You may not do this/);
  });

  test("what one exports is not there by its ticket for another", async () => {
    assert.equal(await client.do("steal", "ada", "ada", 12_345), 12_345);
    const seen = await client.do("steal", "bob", "ada", 12_345);
    assert.notEqual(seen, 12_345);
    assert.match(String(seen), /^Flight\w*Error/);
  });

  test("a ticking table goes on for a minute, while the tokens of both sides turn", async () => {
    assert.equal(await client.do("tick", "ada", "tick"), "listening");
    const updates = async (): Promise<number> => Number(await client.do("ticked", "ada"));
    for (let passed = 0; passed < 60; passed += 1) await sleep(1_000);
    const before = await updates();
    assert.ok(before > 30, `${before} updates`);
    while ((await updates()) === before) await sleep(200);
    assert.equal(await client.do("silence", "ada"), "silent");
    assert.equal(await client.do("read", "ada", "t"), 1_000);
  });

  test("Deephaven's JavaScript client fetches itself, makes a table and reads it, also when its tokens have turned", async () => {
    const url = `http://127.0.0.1:${gateways[1].port}`;
    const seen = await runDriver("node", ["jsapi.mjs", url, "bob", "correct horse", "12"], jsapi);
    assert.deepEqual(Object.fromEntries(seen.map(({ name, saw }) => [name, saw])), {
      rows: 100,
      first: "0,1,2,3,4,5,6,7,8,9",
      later: "10,11,12,13,14,15,16,17,18,19",
    });
  });

  test("a gateway that is killed and started again goes on with its sessions", async () => {
    await gateways[0].kill("SIGKILL");
    await gateways[0].start();
    assert.equal(await eventually("read", "ada", "t"), 1_000);
    assert.equal(await client.do("alive", "ada"), true);
  });

  test(`a thousand calls of one session to either gateway at random: no refusal (SEED=${random.seed})`, async () => {
    const [one] = gateways;
    const answer = await fetch(`http://127.0.0.1:${one.port}/sallyport.v1.AuthService/LogIn`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ password: { user: "ada", password: "correct horse" } }),
    });
    const caller = { token: ((await answer.json()) as { token: string }).token };
    const clients = gateways.map(({ port }) => connect(`http://127.0.0.1:${port}`));
    const statuses = new Map<string, number>();
    for (let call = 0; call < 1_000; call += 1) {
      const status = await callDeephaven(random.pick(clients), caller);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    for (const each of clients) each.close();
    assert.deepEqual([...statuses], [["0", 1_000]]);
  });

  test("while Deephaven restarts sessions stay, and go on afterwards", async () => {
    await deephaven.close();
    assert.match(String(await client.do("read", "ada", "t")), /UNAVAILABLE|unavailable|cannot be reached/i);
    assert.equal(await client.do("alive", "ada"), true);
    deephaven = await startDeephaven({ port: upstreamPort, psk });
    assert.equal(await eventually("upload", "ada", 10), 10);
    assert.equal(await client.do("upload", "bob", 10), 10);
    for (const name of ["ada", "bob"]) assert.equal(await client.do("close", name), "closed");
  });
});

/** Does something until it succeeds: the client finds out by itself that its connection is gone. */
async function eventually(...command: readonly [string, string, string | number]): Promise<unknown> {
  for (let tries = 0; ; tries += 1) {
    const saw = await client.do(...command);
    if (typeof saw === "number" || tries === 20) return saw;
    await sleep(1_000);
  }
}

/** Calls a method that wants a session, and follows the token. Returns the status of gRPC. */
function callDeephaven(client: ReturnType<typeof connect>, caller: { token: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = "/io.deephaven.proto.backplane.script.grpc.ConsoleService/GetConsoleTypes";
    const headers = { "content-type": "application/grpc", te: "trailers", authorization: `Bearer ${caller.token}` };
    const stream = client.request({ ":method": "POST", ":path": path, ...headers });
    let status = "none";
    const note = (fields: Record<string, unknown>): void => {
      status = String(fields["grpc-status"] ?? status);
      const { authorization } = fields;
      if (typeof authorization === "string") caller.token = authorization.replace(/^Bearer /, "");
    };
    stream
      .on("response", note)
      .on("trailers", note)
      .on("error", reject)
      .on("close", () => resolve(status));
    stream.resume().end(Buffer.alloc(5));
  });
}
