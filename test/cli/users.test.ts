import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { before, describe, type TestContext, test } from "node:test";
import { hashPassword, userFile } from "sallyport";
import type { CliIo } from "../../src/cli/io.js";
import { createWorld } from "../world.js";
import { runCli } from "./run-cli.js";

describe("sallyport users", () => {
  let hash: string;
  before(async () => {
    hash = await hashPassword("old password");
  });

  /** A folder with a user file of a comment, an empty line and two users. */
  function world(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), "users-cli-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "users.txt");
    const text = `# ours\nada:${hash}:user,admin\n\nBob:${hash}:user:disabled`;
    writeFileSync(file, text, { mode: 0o600 });
    const cli = (args: string[], input = "", io: Partial<CliIo> = {}) => {
      const [verb = "", ...rest] = args;
      return runCli(["users", verb, ...rest, "--file", file], input, io);
    };
    const refused = async (args: string[], message: RegExp, code = 1) => {
      const was = existsSync(file) ? readFileSync(file, "utf8") : undefined;
      const run = await cli(args, "new password");
      assert.deepEqual([run.code, run.out], [code, ""], args.join(" "));
      assert.match(run.err, message);
      assert.doesNotMatch(run.err, /argon2id\$|new password/);
      assert.equal(existsSync(file) ? readFileSync(file, "utf8") : undefined, was);
    };
    return { folder, file, text, cli, refused };
  }

  test("a user is added, logs in, gets another password, is disabled, enabled and removed; a running reader follows", async (t) => {
    const { file, text, cli } = world(t);
    const { platform, advance } = createWorld();
    const users = userFile(file, { platform });
    const logIn = async (name: string, password: string) => {
      advance(1_000);
      return (await users.verify(name, password))?.subject;
    };
    const run = async (args: string[], input?: string) => {
      const { code, out, err } = await cli(args, input);
      assert.deepEqual([code, err], [0, ""]);
      return out;
    };

    assert.equal(
      await run(["add", "Eve", "--roles", "user,ops"], "first password\n"),
      `added Eve to ${file}, with the roles user, ops\n`,
    );
    assert.equal(await logIn("eve", "first password"), "Eve");
    assert.deepEqual(users.find("eve")?.roles, ["user", "ops"]);
    assert.equal(await run(["passwd", "eve"], "second password"), `Eve in ${file} has a new password\n`);
    assert.deepEqual([await logIn("eve", "first password"), await logIn("eve", "second password")], [undefined, "Eve"]);
    assert.equal(await run(["disable", "EVE"]), `Eve in ${file} is disabled\n`);
    assert.equal(await run(["disable", "eve"]), `Eve in ${file} is disabled already\n`);
    assert.equal(await logIn("eve", "second password"), undefined);
    assert.match(await run(["passwd", "eve"], "third password"), /has a new password; the user is disabled still\n$/);
    assert.equal(await logIn("eve", "third password"), undefined);
    assert.equal(await run(["enable", "eve"]), `Eve in ${file} is enabled\n`);
    assert.equal(await logIn("eve", "third password"), "Eve");
    assert.equal(await run(["rm", "eve"]), `removed Eve from ${file}\n`);
    assert.equal(await logIn("eve", "third password"), undefined);
    assert.equal(readFileSync(file, "utf8"), `${text}\n`, "comments, order and the other users are as they were");
  });

  test("users are listed without their hashes, as text and as JSON", async (t) => {
    const { file, cli } = world(t);
    const { out } = await cli(["ls"]);
    assert.equal(out, "NAME  ROLES       STATE\nada   user,admin  good\nBob   user        disabled\n");
    assert.deepEqual(JSON.parse((await cli(["ls", "--json"])).out), {
      file,
      users: [
        { name: "ada", roles: ["user", "admin"], disabled: false },
        { name: "Bob", roles: ["user"], disabled: true },
      ],
    });
    const changed = { file, name: "Bob", roles: ["user"], disabled: false };
    assert.deepEqual(JSON.parse((await cli(["enable", "bob", "--json"])).out), changed);
    assert.deepEqual(JSON.parse((await cli(["rm", "bob", "--json"])).out), changed);
  });

  test("mode, line breaks and a byte order mark stay", async (t) => {
    const { file, folder, text, cli } = world(t);
    chmodSync(file, 0o640);
    const windows = `\uFEFF${text.replaceAll("\n", "\r\n")}\r\n`;
    writeFileSync(file, windows);
    const first = (await cli(["disable", "ada"])).code;
    assert.equal(readFileSync(file, "utf8"), windows.replace(":user,admin", ":user,admin:disabled"));
    const others = [await cli(["add", "eve"], "password"), await cli(["rm", "eve"]), await cli(["enable", "ada"])];
    assert.deepEqual([first, ...others.map(({ code }) => code)], [0, 0, 0, 0]);
    assert.equal(readFileSync(file, "utf8"), windows);
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(folder), ["users.txt"], "no draft or lock is left");
  });

  test("what cannot be done is refused with a remedy, before a password is read", async (t) => {
    const { file, refused, cli } = world(t);
    await refused(["add", "ＡDA"], /"ada" is in .*, in line 2; for another password: sallyport users passwd ada/);
    await refused(["passwd", "adda"], /no user "adda" is in .*; did you mean "ada"\?/);
    for (const verb of ["disable", "enable", "rm"]) {
      await refused([verb, "zacharias"], /no user "zacharias" is in .*; sallyport users ls names all/);
    }
    await refused(["add", "a:b"], /a name must hold no colon/);
    await refused(["add", "#eve"], /a name must not begin with #/);
    await refused(["add", " eve"], /the name must be 1 to 256 characters/);
    await refused(["add", "eve", "--roles", "a b"], /roles are separated by single commas/);
    await refused(["add", "eve", "secret"], /too many arguments/, 2);
    await refused(["add"], /missing required argument 'name'/, 2);
    await refused(["ls", "--config", "gate.yaml"], /give one of --file and --config/, 2);

    const stdin = new PassThrough(); // never ends: a command that reads it hangs
    assert.equal((await cli(["add", "ada"], "", { stdin })).code, 1);
    assert.equal((await cli(["passwd", "eve"], "", { stdin })).code, 1);

    await cli(["rm", "bob"]);
    await refused(["rm", "ada"], /"ada" is the only user of .*; shut the account with: sallyport users disable ada/);
    writeFileSync(file, `ada:${hash}:user\nbroken\n`);
    for (const args of [["ls"], ["add", "eve"], ["passwd", "ada"], ["rm", "ada"]]) {
      await refused(args, /line 2: must be name:hash:roles/);
    }
    writeFileSync(file, Buffer.from([0x23, 0xff, 0x0a, ...Buffer.from(`ada:${hash}:user\n`)]));
    const bytes = readFileSync(file);
    assert.match((await cli(["disable", "ada"])).err, /is not UTF-8/);
    assert.deepEqual(readFileSync(file), bytes);
  });

  test("a password that cannot be changes nothing", async (t) => {
    const { file, text, cli } = world(t);
    for (const password of ["", "a\tb", "x".repeat(1_025)]) {
      const { code, err } = await cli(["add", "eve"], password);
      assert.deepEqual([code, /must have 1 to 1024 characters/.test(err)], [1, true]);
    }
    assert.equal(readFileSync(file, "utf8"), text);
  });

  test("of two commands at once neither loses an edit", async (t) => {
    const { file, text, cli, refused } = world(t);
    writeFileSync(`${file}.lock`, "");
    await refused(["disable", "ada"], /users.txt.lock: another command edits the file now/);
    rmSync(`${file}.lock`);
    assert.equal(readFileSync(file, "utf8"), text);
    // Both have read the file before either writes it: each waits for its password.
    const [first, second] = [new PassThrough(), new PassThrough()];
    const runs = [cli(["passwd", "ada"], "", { stdin: first }), cli(["add", "eve"], "", { stdin: second })];
    first.end("new password");
    assert.equal((await runs[0])?.code, 0);
    second.end("password");
    assert.equal((await runs[1])?.code, 0);
    const users = userFile(file);
    assert.equal((await users.verify("ada", "new password"))?.subject, "ada");
    assert.equal((await users.verify("eve", "password"))?.subject, "eve");
  });

  test("a file is made with --create, or where the configuration names it, and by nothing else", async (t) => {
    const { file, folder, refused, cli } = world(t);
    rmSync(file);
    await refused(["add", "ada"], /there is no file .*users.txt; make it with --create/);
    for (const args of [["ls"], ["passwd", "ada"], ["rm", "ada"], ["disable", "ada"]]) {
      await refused(args, /there is no file .*; make it with: sallyport users add NAME --create/);
    }
    const made = await cli(["add", "ada", "--create"], "password");
    assert.deepEqual(
      [made.code, made.err],
      [0, `made ${file}, with mode 0600: the user that runs the gateway must be its owner\n`],
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);

    const config = join(folder, "gate.yaml");
    const users = (...args: string[]) => runCli(["users", ...args, "--config", config], "password", { environment });
    const environment = { NAME: "named" };
    // A fault elsewhere, and a variable that is not set elsewhere, are not in the way.
    writeFileSync(config, `relm: x\nkeys: { secret: '\${UNSET}' }\nhandlers: { basic: { users: '\${NAME}.txt' } }\n`);
    assert.equal((await users("add", "ada", "--roles", "user")).code, 0);
    const named = join(folder, "named.txt");
    assert.equal(statSync(named).mode & 0o777, 0o600);
    assert.match((await users("ls")).out, /^NAME.*\nada {3}user {3}good\n$/);
    const env = await runCli(["users", "ls"], "", { environment });
    assert.match(env.err, /there is no file gate.yaml; name the user file with --file, or the configuration/);

    for (const [text, message] of [
      [`handlers: { Basic: { users: '\${UNSET}.txt' } }`, /:1:29: handlers.Basic.users needs the environment variable/],
      ["handlers: { Bearer: { keys: [] } }", /names no user file \(handlers.Basic.users\); give the file with --file/],
      ["handlers: { Basic: { users: a }, basic: { users: b } }", /names two user files/],
      ["handlers: [", /gate.yaml:1:\d+: /],
      ["- a", /names no user file/],
    ] as const) {
      writeFileSync(config, text);
      const { code, err } = await users("ls");
      assert.deepEqual([code, message.test(err)], [1, true], err);
    }
  });
});
