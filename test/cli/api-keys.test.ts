import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { apiKey, apiKeyFile, type HandlerContext, type Verdict } from "sallyport";
import { createWorld } from "../world.js";
import { runCli } from "./run-cli.js";

function world(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "api-keys-cli-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "api-keys.jsonl");
  const { platform, advance } = createWorld();
  const cli = (...args: string[]) => runCli(["api-keys", ...args], "", { platform });
  return { file, platform, advance, cli };
}

test("a key is made, works, is listed without itself, and is revoked", async (t) => {
  const { file, platform, advance, cli } = world(t);
  const made = await cli(
    "new",
    file,
    "--name",
    "ci 2027",
    "--subject",
    "ci",
    "--roles",
    "deploy,user",
    "--scopes",
    "a b",
  );
  assert.equal(made.code, 0);
  const key = made.out.trim();
  assert.match(key, /^spk_[0-9a-f]{16}_[A-Za-z0-9_-]{40}$/);
  const id = key.slice(4, 20);
  assert.equal(made.err, `made key ${id} in ${file}; it expires 2027-04-15T08:00:00Z. It is shown this once:\n`);

  const { find } = apiKeyFile(file, { platform }); // without last uses: those are written when the folder is gone
  const handler = apiKey({ keys: find, platform });
  const present = () => handler.fromHeader?.(key, {} as HandlerContext) as Verdict;
  assert.deepEqual(present(), {
    kind: "accepted",
    identity: { subject: "ci", roles: ["deploy", "user"], scopes: ["a", "b"], keyId: id, keyName: "ci 2027" },
    scopes: ["a", "b"],
    expiresAt: platform.now() + 90 * 86_400_000,
    via: id,
  });

  const { out } = await cli("ls", file);
  assert.match(out, /^ID +NAME +SUBJECT +ROLES +SCOPES +STATE +EXPIRES +LAST USED\n/);
  assert.match(out, new RegExp(`\n${id}  ci 2027  ci +deploy,user  a,b +good +2027-04-15T08:00:00Z\n$`));
  assert.ok(!out.includes(key.slice(-40)));

  assert.deepEqual(await cli("revoke", file, id), {
    code: 0,
    out: `revoked key ${id} (ci 2027) in ${file}\n`,
    err: "",
  });
  advance(1_000);
  assert.equal(present().kind, "rejected");
  const { keys } = JSON.parse((await cli("ls", file, "--json")).out) as { keys: Record<string, unknown>[] };
  assert.deepEqual(
    keys.map(({ state, revokedAt, sha256 }) => [state, revokedAt, sha256]),
    [["revoked", "2027-01-15T08:00:00Z", undefined]],
  );
});

test("a key may live for another time, or for ever", async (t) => {
  const { file, advance, cli } = world(t);
  await cli("new", file, "--name", "short", "--expires-in", "1h");
  const json = JSON.parse((await cli("new", file, "--name", "long", "--never-expires", "--json")).out) as object;
  assert.ok(!("expiresAt" in json));
  advance(3_600_000);
  const { keys } = JSON.parse((await cli("ls", file, "--json")).out) as { keys: { name: string; state: string }[] };
  assert.deepEqual(
    keys.map(({ name, state }) => `${name} ${state}`),
    ["short expired", "long good"],
  );
});

test("wrong usage is 2 and a fault is 1, and nothing is made", async (t) => {
  const { file, cli } = world(t);
  assert.equal((await cli("new", file)).code, 2);
  assert.equal((await cli("new", file, "--name", "a", "--expires-in", "1h", "--never-expires")).code, 2);
  assert.equal((await cli("new", file, "--name", "a", "--roles", "a;b")).code, 1);
  const { code, err } = await cli("ls", file);
  assert.deepEqual(
    [code, err],
    [1, `sallyport: there is no file ${file}; make it with: sallyport api-keys new ${file}\n`],
  );
  assert.equal((await cli("revoke", file, "0".repeat(16))).code, 1);
});
