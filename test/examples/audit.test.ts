import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AuditRecord } from "sallyport";
import { runExample } from "./run-example.js";

test("a log-in, a refusal and a log-out are a line each, there when the answer is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "audit-example-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "audit.jsonl");
  const example = await runExample("audit", { AUDIT: path });
  t.after(() => example.stop());
  const linesOf = () => readFileSync(path, "utf8").trimEnd().split("\n");
  const ask = (authorization: string, method = "GET") =>
    fetch(example.origin, { method, headers: { authorization, "x-request-id": "0af7651916cd43dd8448eb211c80319c" } });

  const token = (await ask(`Basic ${btoa("ada:correct-horse")}`)).headers.get("authorization") ?? "";
  assert.equal(linesOf().length, 1);
  await ask(`Basic ${btoa("ada:wrong")}`);
  await ask(token, "DELETE");
  assert.deepEqual(await example.stop(), [0, null]);
  const records = linesOf().map((line) => JSON.parse(line) as AuditRecord);
  assert.deepEqual(
    records.map(({ event, outcome, subject, address }) => [event, outcome, subject, address]),
    [
      ["session-opened", "success", "ada", "127.0.0.1"],
      ["refused", "refused", undefined, "127.0.0.1"],
      ["session-ended", "success", "ada", undefined],
    ],
  );
  assert.equal(records[0]?.correlationId, "0af7651916cd43dd8448eb211c80319c");
});
