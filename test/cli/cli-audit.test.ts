import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { basic, createAuth, keyFile } from "sallyport";
import { sqlite } from "sallyport/sqlite";
import { gatewayFiles, sketch } from "../gateway/gateway-files.js";
import { runCli } from "./run-cli.js";

const markOf = (name: string) => `sha256:${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;

test("what an operator ends and resets by the command line is in the gateway's audit", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", `${sketch}audit: { file: ./audit.jsonl, onFailure: refuse }\n`);
  const auth = createAuth({
    realm: "example",
    handlers: [basic({ verify: (user, password) => (user === password ? { subject: user } : null) })],
    store: sqlite(join(files.directory, "sallyport.db")),
    keys: keyFile(join(files.directory, "keys.json")),
  });
  t.after(() => auth.close());
  const logIn = async (user: string, password = user) => {
    const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
    const outcome = await auth.logIn({ scheme: "Basic", payload: btoa(`${user}:${password}`) }, context);
    return outcome.kind === "opened" ? outcome.session.ref : outcome.kind;
  };
  const cli = async (...words: string[]) => {
    const { code } = await runCli([...words, "--config", files.config]);
    assert.equal(code, 0);
  };
  const path = join(files.directory, "audit.jsonl");

  const [ada, bob] = [await logIn("ada"), await logIn("bob")];
  await logIn("ada", "wrong");
  await cli("sessions", "end", "--ref", ada);
  assert.equal(existsSync(path), false, "a file made here may be of another user than the gateway, and be in its way");

  files.write("audit.jsonl", "");
  await cli("sessions", "ls");
  await cli("sessions", "end", "--ref", bob);
  await cli("sessions", "end", "--subject", "ada");
  await cli("throttle", "reset", "--account", "ada");
  const records = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  assert.deepEqual(
    records.map(({ time: _, ...record }: { time?: number }) => record),
    [
      { event: "session-ended", outcome: "success", reason: "ended by an operator", subject: "bob", session: bob },
      { event: "subject-ended", outcome: "success", reason: "ended by an operator", subject: "ada" },
      { event: "account-reset", outcome: "success", account: markOf("ada") },
    ],
  );
});
