import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { basic, createAuth, keyFile } from "sallyport";
import { sqlite } from "sallyport/sqlite";
import { verifyHash } from "../../src/handlers/password/hash.js";
import { gatewayFiles, sketch } from "../gateway/gateway-files.js";
import { runCli } from "./run-cli.js";

const commands = [
  "serve",
  "check",
  "explain",
  "users",
  "hash-password",
  "api-keys",
  "keys",
  "sessions",
  "throttle",
  "version",
];

test("help names every command, and each command's help has an example", async () => {
  const { code, out } = await runCli(["--help"]);
  assert.equal(code, 0);
  for (const command of commands) assert.match(out, new RegExp(`^  ${command}`, "m"));
  assert.match(out, /Exit codes: 0 done, 1 failed .*, 2 wrong usage/);
  for (const words of [
    "serve",
    "check",
    "explain",
    "users add",
    "users passwd",
    "users disable",
    "users enable",
    "users rm",
    "users ls",
    "hash-password",
    "api-keys new",
    "api-keys ls",
    "api-keys revoke",
    "keys init",
    "keys rotate",
    "keys revoke",
    "keys ls",
    "sessions ls",
    "sessions end",
    "throttle reset",
  ]) {
    const help = await runCli([...words.split(" "), "--help"]);
    assert.equal(help.code, 0);
    assert.match(help.out, /Examples?:\n {2}\$ |\n {2}\$ /, words);
  }
});

test("a duration's default is shown as it would be written", async () => {
  const { out } = await runCli(["keys", "rotate", "--help"]);
  assert.match(out, /\(default: 10m\)[\s\S]*\(default: 7d\)/);
});

test("wrong usage is 2, and says so on standard error", async () => {
  for (const args of [
    ["nope"],
    [],
    ["keys"],
    ["check", "--nope"],
    ["sessions", "end"],
    ["throttle", "reset"],
    ["sessions", "end", "--ref", "a", "--subject", "b"],
    ["sessions", "end", "--before", "2026-11-22"],
    ["keys", "rotate"],
    ["keys", "revoke"],
    ["keys", "rotate", "f", "--keep", "7"],
  ]) {
    const { code, out, err } = await runCli(args);
    assert.deepEqual({ code, out }, { code: 2, out: "" }, args.join(" "));
    assert.notEqual(err, "");
  }
});

test("version says what it is and what it runs on", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const { out } = await runCli(["version", "--json"]);
  assert.deepEqual(JSON.parse(out), {
    sallyport: version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  });
  assert.equal((await runCli(["--version"])).out, `${version}\n`);
});

test("check is 0 for a good configuration, and 1 with every fault for another", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  const good = await runCli(["check", "--config", files.config]);
  assert.deepEqual(good, { code: 0, out: `${files.config} is fine (handlers: 2, routes: 2, upstreams: 1)\n`, err: "" });
  files.write(
    "gate.yaml",
    sketch.replace("upstream: app }\n", "upstream: ap }\n").replace("realm: example", "relm: x"),
  );
  const bad = await runCli(["check", "-c", files.config]);
  assert.equal(bad.code, 1);
  assert.deepEqual(bad.err.replaceAll(`${files.directory}/`, "").split("\n"), [
    `gate.yaml:1:1: unknown key "relm"; did you mean "realm"?`,
    `gate.yaml:9:61: routes[0].upstream "ap" is not defined; did you mean "app"?`,
    "",
  ]);
  const json = await runCli(["check", "-c", files.config, "--json"]);
  const { ok, faults } = JSON.parse(json.out) as { ok: boolean; faults: { line: number }[] };
  assert.deepEqual([json.code, ok, faults.map(({ line }) => line)], [1, false, [1, 9]]);
});

test("check warns of what has no effect, and is 0", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch.replace("upstreams: {", 'upstreams: { old: { url: "http://127.0.0.1:1" },'));
  const told = await runCli(["check", "--config", files.config]);
  assert.equal(told.code, 0);
  assert.match(told.err, /gate\.yaml:11:14: upstreams\.old is used by no route; .* \(a warning\)\n$/);
  assert.match(told.out, / is fine /);
  const json = await runCli(["check", "--config", files.config, "--json"]);
  const { ok, warnings } = JSON.parse(json.out) as { ok: boolean; warnings: { line: number }[] };
  assert.deepEqual([json.code, json.err, ok, warnings.map(({ line }) => line)], [0, "", true, [11]]);
});

test("a configuration that is not there is 1, in words that help", async () => {
  for (const command of [["check"], ["serve"], ["sessions", "ls"]]) {
    const { code, err } = await runCli([...command, "--config", "/nowhere/gate.yaml"]);
    assert.equal(code, 1);
    assert.equal(err, "sallyport: there is no file /nowhere/gate.yaml\n");
  }
});

test("a key file is made once, rotated, and listed without its secrets", async (t) => {
  const { directory } = await gatewayFiles(t);
  const file = join(directory, "new.json");
  assert.equal((await runCli(["keys", "init", file])).code, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const before = readFileSync(file, "utf8");
  const again = await runCli(["keys", "init", file]);
  assert.deepEqual([again.code, readFileSync(file, "utf8")], [1, before]);
  const [first] = keyFile(file).load();
  assert.equal((await runCli(["keys", "rotate", file, "--activate-after", "1h"])).code, 0);
  const next = keyFile(file).load()[1];
  const { out } = await runCli(["keys", "ls", file, "--json"]);
  const { keys } = JSON.parse(out) as { keys: { id: number; state: string }[] };
  assert.deepEqual(
    keys.map(({ id, state }) => [id, state]),
    [
      [first?.id, "signs"],
      [next?.id, "waits"],
    ],
  );
  const text = out + (await runCli(["keys", "ls", file])).out;
  for (const { secret } of keyFile(file).load()) assert.ok(!text.includes(Buffer.from(secret).toString("base64url")));
});

test("explain names a file that is not there, and refuses a source that is no address", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  const none = await runCli(["explain", "-c", files.config, "/no/such/request"]);
  assert.deepEqual([none.code, none.err], [1, "sallyport: there is no such file or folder: /no/such/request\n"]);
  const request = "GET / HTTP/1.1\nHost: a.example\n";
  const from = await runCli(["explain", "-c", files.config, "--from", "localhost", "-"], request);
  assert.deepEqual([from.code, from.out], [1, ""]);
  assert.match(from.err, /--from must be an IP address/);
});

test("hash-password reads a pipe", async () => {
  const { code, out } = await runCli(["hash-password"], "correct horse\n");
  assert.equal(code, 0);
  assert.ok(await verifyHash(out.trim(), "correct horse"));
  const line = await runCli(["hash-password", "--user", "ada", "--roles", "user,admin"], "correct horse");
  assert.match(line.out, /^ada:\$argon2id\$[^:]+:user,admin\n$/);
  assert.equal((await runCli(["hash-password"], "")).code, 1);
  for (const options of [
    ["--user", "a:b"],
    ["--user", "ada", "--roles", "a:b"],
  ]) {
    const refused = await runCli(["hash-password", ...options], "x");
    assert.deepEqual([refused.code, refused.out], [1, ""]);
    assert.match(refused.err, /must hold no colon/);
  }
  assert.equal((await runCli(["hash-password", "hunter2"], "x")).code, 2);
});

test("hash-password asks a terminal twice, without echo", async () => {
  const type = async (...lines: string[]) => {
    const modes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true as const,
      setRawMode(mode: boolean) {
        modes.push(mode);
        if (mode) setImmediate(() => stdin.write(lines.shift() ?? "\u0003"));
        return stdin as never;
      },
    });
    return { ...(await runCli(["hash-password"], "", { stdin })), modes };
  };
  const good = await type("correct hoose\u007f\u007f\u007frse\r", "correct horse\r");
  assert.deepEqual([good.code, good.modes], [0, [true, false, true, false]]);
  assert.ok(await verifyHash(good.out.trim(), "correct horse"));
  assert.doesNotMatch(good.out + good.err, /horse/);
  const differing = await type("one\r", "two\r");
  assert.deepEqual([differing.code, differing.out], [1, ""]);
  assert.equal((await type("\u0003")).code, 1);
});

test("sessions are listed, and ended by subject, by ref and by age", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  const store = sqlite(join(files.directory, "sallyport.db"));
  const auth = createAuth({
    realm: "example",
    handlers: [basic({ verify: (user) => ({ subject: user }) })],
    store,
    keys: keyFile(join(files.directory, "keys.json")),
  });
  t.after(() => auth.close());
  const logIn = async (user: string): Promise<string> => {
    const payload = Buffer.from(`${user}:x`).toString("base64");
    const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
    const outcome = await auth.logIn({ scheme: "Basic", payload }, context);
    return outcome.kind === "opened" ? outcome.session.ref : assert.fail(outcome.kind);
  };
  const cli = (...args: string[]) => runCli(["sessions", ...args, "--config", files.config]);
  const refs = async (): Promise<string[]> =>
    (await cli("ls", "--json")).out
      .split("\n")
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { ref: string }).ref);

  const [ada, bob, eve] = [await logIn("ada"), await logIn("bob"), await logIn("eve")];
  assert.deepEqual(await refs(), [ada, bob, eve].sort());
  const table = (await cli("ls", "--subject", "bob")).out.trim().split("\n");
  assert.equal(table.length, 2);
  assert.ok(table[1]?.startsWith(`${bob}  bob`));

  assert.equal((await cli("end", "--subject", "bob")).out, "every session of bob has ended\n");
  assert.equal((await cli("end", "--ref", eve)).out, "1 session has ended\n");
  assert.equal((await cli("end", "--ref", eve)).code, 1);
  assert.deepEqual(await refs(), [ada]);
  assert.equal((await cli("end", "--before", "2020-01-01T00:00:00Z")).out, "0 sessions have ended\n");
  assert.deepEqual(await refs(), [ada]);
  assert.equal((await cli("end", "--before", "2100-01-01T00:00:00Z", "--json")).out, '{"ended":1}\n');
  assert.deepEqual(await refs(), []);
});

test("the sessions of a memory store cannot be seen from outside, and that is said", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch.replace("{ sqlite: ./sallyport.db }", "{ memory: true }"));
  const { code, err } = await runCli(["sessions", "ls", "-c", files.config]);
  assert.equal(code, 1);
  assert.match(err, /a memory store keeps is in the running gateway only/);
});
