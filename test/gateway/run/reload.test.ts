import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { keyFile, revokeKeyFile } from "sallyport";
import { Pool } from "undici";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { settleMs } from "../../../src/base/settling.js";
import { hangMs } from "../../size.js";
import { type GatewayFiles, gatewayFiles } from "../gateway-files.js";
import { asAda, configText, runGateway } from "../running-gateway.js";
import { reloadUnderLoad } from "./reload-under-load.js";

const anyone = "{ match: { path: / }, anonymous: everything, upstream: app }";
const users = "{ match: { path: / }, roles: [user], upstream: app }";

test("a reload changes the routes, and not the address, the sessions or a connection", async (t) => {
  const gateway = await runGateway(t);
  const pool = new Pool(gateway.origin, { connections: 1 });
  t.after(() => pool.close());
  let connections = 0;
  pool.on("connect", () => connections++);

  const logIn = await pool.request({ path: "/", method: "GET", headers: { authorization: asAda } });
  await logIn.body.dump();
  const token = String(logIn.headers.authorization);
  assert.match(token, /^Bearer sps_/);
  const status = async (authorization?: string): Promise<number> => {
    const { statusCode, body } = await pool.request({
      path: "/",
      method: "GET",
      headers: authorization === undefined ? {} : { authorization },
    });
    await body.dump();
    return statusCode;
  };
  assert.equal(await status(), 401);

  gateway.configure(configText(gateway.upstream.url, anyone));
  gateway.reload();
  assert.equal(await status(), 200);
  assert.equal(await status(token), 200);

  gateway.configure(configText(gateway.upstream.url, users));
  gateway.reload();
  assert.equal(await status(), 401);
  assert.equal(await status(token), 200);
  assert.equal(connections, 1);
});

/** A clock that `ahead` of 0 or more leaves as it is; below, what is to wait is kept. */
function keepingClock() {
  const waits: { ms: number; done: () => void }[] = [];
  const state = { ahead: settleMs, waits };
  const clock: Partial<Platform> = {
    now: () => Date.now() + state.ahead,
    delay(ms, done, hold) {
      if (state.ahead >= 0) return systemPlatform.delay(ms, done, hold);
      waits.push({ ms, done });
      return () => {};
    },
  };
  return { state, clock };
}

test("a configuration that is away for a moment, such as while it is replaced, is no fault", async (t) => {
  const { state, clock } = keepingClock();
  const gateway = await runGateway(t, undefined, undefined, clock);
  const text = readFileSync(gateway.files.config, "utf8");
  rmSync(gateway.files.config);
  state.ahead = -3_600_000;
  gateway.reload();
  assert.deepEqual(
    state.waits.map(({ ms }) => ms),
    [settleMs],
  );
  gateway.configure(text);
  state.ahead = settleMs;
  state.waits[0]?.done();
  const told = gateway.logged.filter(({ msg }) => String(msg).includes("reloaded"));
  assert.deepEqual(
    told.map(({ msg }) => msg),
    ["configuration reloaded"],
  );
});

test("a secret that is being written is not taken with the configuration: the reload waits until it is whole", async (t) => {
  const { state, clock } = keepingClock();
  const [before, after] = ["mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u", "Zt8wQe3Lr6Yp1Xc5Vb9Nm2Kj7Hg4Fd0S"];
  const secret = (files: GatewayFiles, text: string) => files.write("robot.key", text);
  const files = await gatewayFiles(t);
  secret(files, before);
  const gateway = await runGateway(
    t,
    undefined,
    (text) =>
      text.replace(
        "handlers: {",
        `handlers: { Key: { keys: { robot: { key: { file: ${files.directory}/robot.key }, roles: [user] } } },`,
      ),
    clock,
  );
  const status = async (key: string) =>
    (await fetch(gateway.origin, { headers: { authorization: `Key ${key}` } })).status;
  assert.deepEqual([await status(before), await status(after)], [200, 401]);

  secret(files, `${after}${before}`);
  state.ahead = -3_600_000;
  gateway.reload();
  assert.deepEqual(
    state.waits.map(({ ms }) => ms),
    [settleMs],
  );
  secret(files, after);
  state.ahead = settleMs;
  assert.deepEqual([await status(before), await status(`${after}${before}`)], [200, 401]);
  state.waits[0]?.done();
  assert.deepEqual([await status(before), await status(after)], [401, 200]);
});

test("a faulty configuration is logged with its lines, and the last good one stays", async (t) => {
  const gateway = await runGateway(t);
  gateway.configure(configText(gateway.upstream.url, anyone).replace("upstream: app", "upstream: ap"));
  gateway.reload();
  const last = gateway.logged.at(-1) as { msg: string; faults: string[] };
  assert.equal(last.msg, "configuration not reloaded; the last good one stays");
  assert.match(
    last.faults.join("\n"),
    /gate\.yaml:7:\d+: routes\[0\]\.upstream "ap" is not defined; did you mean "app"\?$/,
  );
  assert.equal((await fetch(gateway.origin)).status, 401);
  assert.equal((await fetch(gateway.origin, { headers: { authorization: asAda } })).status, 200);

  rmSync(gateway.files.config);
  gateway.reload();
  assert.equal((await fetch(gateway.origin, { headers: { authorization: asAda } })).status, 200);
});

test("what needs a restart is said, and the rest takes effect", async (t) => {
  const gateway = await runGateway(t);
  const text = configText(gateway.upstream.url, anyone).replace("127.0.0.1:0", "127.0.0.1:1");
  gateway.configure(`${text}limits: { maxConnections: 5 }\n`);
  gateway.reload();
  const last = gateway.logged.at(-1) as { restartNeeded: string[] };
  assert.deepEqual(last.restartNeeded, ["listen", "limits"]);
  assert.equal((await fetch(gateway.origin)).status, 200);
});

test("an edit takes effect by itself", { timeout: hangMs }, async (t) => {
  const gateway = await runGateway(t);
  assert.equal((await fetch(gateway.origin)).status, 401);
  gateway.configure(configText(gateway.upstream.url, anyone));
  while ((await fetch(gateway.origin)).status !== 200) await delay(50);
});

test("a reload takes no key ring without the key that signs, such as by a wrong mount, and takes one from which it was revoked", async (t) => {
  const gateway = await runGateway(t);
  const { directory, config } = gateway.files;
  const first = await fetch(gateway.origin, { headers: { authorization: asAda } });
  const authorization = first.headers.get("authorization") ?? "";
  const status = async (): Promise<number> => (await fetch(gateway.origin, { headers: { authorization } })).status;
  const path = join(directory, "keys.json");
  const ring = readFileSync(path, "utf8");
  const configure = (to: string): void => {
    gateway.configure(readFileSync(config, "utf8").replace(/keys: .*/, `keys: { file: ${to} }`));
    gateway.reload();
  };
  keyFile(join(directory, "foreign.json"), { create: true });
  configure("./foreign.json");
  assert.equal(gateway.logged.at(-1)?.msg, "configuration not reloaded; the last good one stays");
  assert.match(String(gateway.logged.at(-1)?.faults), /^the ring lacks key \d+, which signs here: put the ring back/);
  assert.equal(await status(), 200);
  gateway.files.write("revoked.json", ring);
  revokeKeyFile(join(directory, "revoked.json"), "all");
  configure("./revoked.json");
  assert.equal(gateway.logged.at(-1)?.msg, "configuration reloaded");
  assert.equal(await status(), 401);
});

test("an operator who was taken out of the user file is out after a reload, remembered or not", async (t) => {
  const gateway = await runGateway(t);
  const get = () => fetch(gateway.origin, { headers: { authorization: asAda } });
  assert.equal((await get()).status, 200);
  const text = (await import("node:fs")).readFileSync(`${gateway.files.directory}/users.yaml`, "utf8");
  gateway.files.write("users.yaml", `${text.trim()}:disabled\n`);
  gateway.reload();
  assert.equal((await get()).status, 401);
});

test("a stream that began before a reload ends with its session", { timeout: hangMs }, async (t) => {
  const gateway = await runGateway(t);
  gateway.upstream.stream = true;
  const logIn = await fetch(gateway.origin, { headers: { authorization: asAda } });
  const token = logIn.headers.get("authorization") ?? "";
  await logIn.body?.cancel();
  const response = await fetch(gateway.origin, { headers: { authorization: token } });
  const reader = response.body?.getReader();
  assert.ok(reader);
  await reader.read();
  gateway.reload();
  gateway.upstream.stream = false;
  const me = (await (await fetch(gateway.origin, { headers: { authorization: token } })).json()) as {
    headers: Record<string, string>;
  };
  const ref = me.headers["x-sallyport-session"] ?? "";
  const { openForCli } = await import("../../../src/gateway/run/open-for-cli.js");
  const { loadConfig } = await import("../../../src/gateway/config/parse-config.js");
  const beside = openForCli(loadConfig(gateway.files.config));
  assert.equal(await beside.sessions.end(ref), true);
  await beside.close();
  await assert.rejects(async () => {
    for (;;) if ((await reader.read()).done) throw new Error("ended");
  });
});

test("under load, a reload every 100 ms: no failed request (20 reloads)", (t) => reloadUnderLoad(t, 20));
