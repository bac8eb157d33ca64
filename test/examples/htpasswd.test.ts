import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { hash } from "@node-rs/bcrypt";
import { type RunningExample, runExample } from "./run-example.js";

const folder = mkdtempSync(join(tmpdir(), "htpasswd-example-"));
let example: RunningExample;

describe("examples/htpasswd", () => {
  before(async () => {
    const path = join(folder, "htpasswd");
    writeFileSync(path, `ada:${await hash("correct-horse", 10)}\n`, { mode: 0o600 });
    example = await runExample("htpasswd", { HTPASSWD: path });
  });
  after(async () => {
    await example.stop();
    rmSync(folder, { recursive: true });
  });

  test("a password of the file is let in and a wrong one is not", async () => {
    const ask = (login: string) => fetch(example.origin, { headers: { authorization: `Basic ${btoa(login)}` } });
    assert.deepEqual(await (await ask("ada:correct-horse")).json(), { subject: "ada", roles: ["user"] });
    assert.equal((await ask("ada:wrong")).status, 401);
  });
});
