import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { AuthClient } from "../../src/client/auth-client.js";
import { parseAuthorizedKeys } from "../../src/handlers/private-key/authorized-keys-format.js";
import { requirePublicKey } from "../../src/handlers/private-key/verify-signature.js";
import { start } from "../services/server.js";
import { lacks, run } from "../wire/keys.js";
import { runCli } from "./run-cli.js";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "sallyport-keygen-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

interface Made {
  readonly privateFile: string;
  readonly publicFile: string;
  readonly line: string;
  readonly fingerprint: string;
}

async function keygen(directory: string, ...args: string[]): Promise<Made> {
  const { code, out, err } = await runCli(["keygen", "--dir", directory, "--json", ...args]);
  assert.equal(code, 0, err);
  return JSON.parse(out) as Made;
}

const made: readonly [args: readonly string[], privateName: string, publicName: string, line: RegExp][] = [
  [[], "priv-ada.base64.txt", "pub-ada.base64.txt", /^ada RUM6[\w+/]+=*$/],
  [["--type", "ec"], "priv-ada.base64.txt", "pub-ada.base64.txt", /^ada RUM6/],
  [["--format", "pem"], "priv-ada.pem", "pub-ada.pem", /^ada MCowBQYDK2VwAyEA/],
  [["--format", "pem", "--type", "ec"], "priv-ada.pem", "pub-ada.pem", /^ada MFkw/],
  [["--format", "openssh"], "id_ed25519-ada", "id_ed25519-ada.pub", /^ada ssh-ed25519 AAAA\S+ ada$/],
  [
    ["--format", "openssh", "--type", "ec"],
    "id_ecdsa-ada",
    "id_ecdsa-ada.pub",
    /^ada ecdsa-sha2-nistp256 AAAA\S+ ada$/,
  ],
];
for (const [args, privateName, publicName, line] of made) {
  test(`keygen ${args.join(" ")} writes both halves, and the key logs in`, async (t) => {
    const directory = folder(t);
    const key = await keygen(directory, "--user", "ada", ...args);
    assert.deepEqual(readdirSync(directory).sort(), [privateName, publicName].sort());
    assert.equal(statSync(key.privateFile).mode & 0o777, 0o600);
    assert.match(key.line, line);
    const enrolled = requirePublicKey(key.line.slice("ada ".length));
    assert.equal(enrolled.fingerprint, key.fingerprint);
    assert.ok(parseAuthorizedKeys(key.line, { source: "keys", allowLegacyDsa: false }).find("ada", enrolled));

    const server = await start();
    t.after(() => server.close());
    server.enrolled.set("ada", key.fingerprint);
    const client = new AuthClient({ baseUrl: server.origin, keepAliveMs: 0 });
    const caller = await client.privateKey(readFileSync(key.privateFile, "utf8"), { user: "ada" });
    assert.equal(caller?.identity?.subject, "ada");
    await client.close();
  });
}

test("a Deephaven key file says whom to operate as, and its tools' line is the public file", async (t) => {
  const directory = folder(t);
  const key = await keygen(directory, "--user", "ada", "--operate-as", "bob");
  assert.match(readFileSync(key.privateFile, "utf8"), /^user ada\noperateas bob\npublic RUM6\S+\nprivate RUM6\S+\n$/);
  assert.equal(readFileSync(key.publicFile, "utf8"), `${key.line}\n`);
});

test("the line alone is on standard output, and no secret is on either", async (t) => {
  const directory = folder(t);
  const { out, err } = await runCli(["keygen", "--user", "ada", "--dir", directory]);
  assert.match(out, /^ada RUM6\S+\n$/);
  assert.match(
    err,
    /^made .*priv-ada.base64.txt, which only you can read: keep it secret; and .*pub-ada.base64.txt\n$/,
  );
  const secret = /private (\S+)/.exec(readFileSync(join(directory, "priv-ada.base64.txt"), "utf8"))?.[1] ?? "";
  assert.ok(secret.length > 100 && !`${out}${err}`.includes(secret.slice(60, 90)));
});

test("openssl reads PEM, and ssh-keygen its own", { skip: lacks("openssl") || lacks("ssh-keygen") }, async (t) => {
  const directory = folder(t);
  for (const type of ["ec", "ed25519"]) {
    const pem = await keygen(directory, "--user", `pem-${type}`, "--format", "pem", "--type", type);
    const derived = run("openssl", ["pkey", "-in", pem.privateFile, "-pubout"]);
    assert.deepEqual(derived, readFileSync(pem.publicFile));
    assert.ok(createPublicKey(derived));
    const ssh = await keygen(directory, "--user", `ssh-${type}`, "--format", "openssh", "--type", type);
    assert.deepEqual(run("ssh-keygen", ["-y", "-f", ssh.privateFile]), readFileSync(ssh.publicFile));
  }
});

test("no file is overwritten, and where one is in the way nothing is written", async (t) => {
  for (const name of ["priv-ada.base64.txt", "pub-ada.base64.txt"]) {
    const directory = folder(t);
    const path = join(directory, name);
    writeFileSync(path, "precious");
    const { code, out, err } = await runCli(["keygen", "--user", "ada", "--dir", directory]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, new RegExp(`^sallyport: .*${name} is there already, and is not overwritten`));
    assert.deepEqual(readdirSync(directory), [name]);
    assert.equal(readFileSync(path, "utf8"), "precious");
  }
  const missing = join(folder(t), "none");
  const { code, err } = await runCli(["keygen", "--user", "ada", "--dir", missing]);
  assert.equal(code, 1);
  assert.match(err, /there is no such file or folder: /);
  assert.ok(!existsSync(missing));
});

const misused: readonly [args: readonly string[], message: RegExp][] = [
  [[], /required option '--user <name>' not specified/],
  [["--user", ""], /a name is 1 to 100 letters/],
  [["--user", "../ada"], /a name is 1 to 100 letters/],
  [["--user", ".ada"], /a name is 1 to 100 letters/],
  [["--user", "ada lovelace"], /a name is 1 to 100 letters/],
  [["--user", "ada#1"], /a name is 1 to 100 letters/],
  [["--user", "ada", "--operate-as", "bob\nprivate x"], /a name is 1 to 100 letters/],
  [["--user", "ada", "--type", "ed25519"], /--format deephaven has keys of --type ec only/],
  [["--user", "ada", "--format", "pem", "--operate-as", "bob"], /only --format deephaven has a place for --operate-as/],
  [["--user", "ada", "--type", "rsa"], /Allowed choices are ec, ed25519/],
  [["--user", "ada", "--format", "jwk"], /Allowed choices are deephaven, pem, openssh/],
];
for (const [args, message] of misused) {
  test(`keygen ${args.join(" ")} is wrong usage, and writes nothing`, async (t) => {
    const directory = folder(t);
    const { code, err } = await runCli(["keygen", "--dir", directory, ...args]);
    assert.equal(code, 2);
    assert.match(err, message);
    assert.deepEqual(readdirSync(directory), []);
  });
}
