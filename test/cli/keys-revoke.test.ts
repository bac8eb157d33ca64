import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createTokenCodec } from "../../src/sessions/token.js";
import { type GatewayFiles, gatewayFiles } from "../gateway/gateway-files.js";
import { asAda, configText, echoUpstream } from "../gateway/running-gateway.js";
import { hangMs } from "../size.js";
import { runCli } from "./run-cli.js";

/** A gateway in a process of its own. */
async function serve(t: TestContext, { config }: GatewayFiles) {
  const child = spawn(process.execPath, ["dist/src/cli/main.js", "serve", "--config", config]);
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
  });
  let err = "";
  while (!err.includes("listening on ")) err += String(await once(child.stderr, "data"));
  const origin = `http://${/listening on (\S+)/.exec(err)?.[1]}`;
  const present = (authorization: string) => fetch(origin, { headers: { authorization } });
  return { present, out: () => out, status: async (authorization: string) => (await present(authorization)).status };
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + hangMs;
  while (!(await done())) {
    assert.ok(performance.now() < deadline, `never: ${what}`);
    await delay(50);
  }
}

test("the drill for a stolen key: what it signs is void in two running processes, and users log in again", async (t) => {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  files.write("gate.yaml", configText(upstream.url, "{ match: { path: / }, roles: [user], upstream: app }"));
  const nodes = [await serve(t, files), await serve(t, files)] as const;
  const file = join(files.directory, "keys.json");
  const token = (await nodes[0].present(asAda)).headers.get("authorization") ?? "";
  assert.equal(await nodes[1].status(token), 200);

  // The thief has a copy of the file, and a token that is no longer the newest.
  const [stolen] = (JSON.parse(readFileSync(file, "utf8")) as { keys: { id: number; secret: string }[] }).keys;
  assert.ok(stolen);
  const key = { id: stolen.id, secret: Buffer.from(stolen.secret, "base64url"), signsFrom: 0 };
  const thief = createTokenCodec("test", { find: (id) => (id === key.id ? key : undefined) });
  const fields = thief.decode(token.replace("Bearer ", ""));
  assert.ok(typeof fields === "object");
  let { generation } = fields;
  const forge = (): string => `Bearer ${thief.encode({ ...fields, generation: ++generation })}`;
  for (const node of nodes) assert.equal(await node.status(forge()), 200, "until then he can");

  const listed = await runCli(["keys", "ls", file]);
  assert.match(listed.out, new RegExp(`^${stolen.id} .* signs$`, "m"));
  const { code, out, err } = await runCli(["keys", "revoke", file, String(stolen.id)]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^revoked key \d+ in .*; key \d+ was made and signs from now on\.\nWithin 3 seconds every process/);
  for (const node of nodes) {
    await until("the forged token is void", async () => (await node.status(forge())) === 401);
    assert.equal(await node.status(token), 401);
    await until("it is told", () => node.out().includes("keys-revoked"));
  }
  const again = (await nodes[1].present(asAda)).headers.get("authorization") ?? "";
  await until("a new log-in holds everywhere", async () => (await nodes[0].status(again)) === 200);
  assert.equal(await nodes[1].status(again), 200);
  for (const node of nodes) assert.equal(await node.status(forge()), 401);
  assert.match((await runCli(["keys", "ls", file])).out, new RegExp(`^${stolen.id} .*revoked at `, "m"));
});

test("a gateway that starts with another deployment's ring says so, and takes the right one when it is put back", async (t) => {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const routes = "{ match: { path: / }, roles: [user], upstream: app }";
  files.write("gate.yaml", configText(upstream.url, routes));
  const first = await serve(t, files);
  const token = (await first.present(asAda)).headers.get("authorization") ?? "";
  assert.equal(await first.status(token), 200);
  const right = readFileSync(join(files.directory, "keys.json"), "utf8");
  await runCli(["keys", "init", join(files.directory, "foreign.json")]);
  files.write("keys.json", readFileSync(join(files.directory, "foreign.json"), "utf8"));
  const second = await serve(t, files);
  await until("it is told", () => second.out().includes("put the one that signed back"));
  assert.equal(await second.status(token), 401);
  files.write("keys.json", right);
  await until("it is taken", async () => (await second.status(token)) === 200);
  await until("that is told", () => second.out().includes("keys-recovered"));
});

test("keys revoke needs ids or --all, and names a key that is not there", async (t) => {
  const { directory } = await gatewayFiles(t);
  const file = join(directory, "keys.json");
  const before = readFileSync(file, "utf8");
  for (const args of [[], ["--all", "7"], ["x"], ["0"], ["-1"]]) {
    const { code, out } = await runCli(["keys", "revoke", file, ...args]);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
  }
  const unknown = await runCli(["keys", "revoke", file, "7"]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /^sallyport: key 7 is not in .*; list the keys with: sallyport keys ls/);
  assert.equal(readFileSync(file, "utf8"), before);
  const all = await runCli(["keys", "revoke", file, "--all", "--json"]);
  const { revoked, added } = JSON.parse(all.out) as { revoked: number[]; added: number };
  const { out } = await runCli(["keys", "ls", file, "--json"]);
  assert.deepEqual(
    (JSON.parse(out) as { keys: { id: number; state: string }[] }).keys.map(({ id, state }) => [id, state]),
    [
      [added, "signs"],
      [revoked[0], "revoked"],
    ],
  );
});
