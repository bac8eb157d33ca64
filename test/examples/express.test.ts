import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AuthClient } from "../../src/client/auth-client.js";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;

describe("examples/express", () => {
  before(async () => {
    example = await runExample("express");
  });
  after(() => example.stop());

  test("what stands before the door is open, and the rest is not", async () => {
    assert.equal(await (await fetch(`${example.origin}/healthz`)).text(), "ok\n");
    for (const path of ["/me", "/unknown"]) assert.equal((await fetch(example.origin + path)).status, 401);
  });

  test("a page of the listed origin may send and read Authorization", async () => {
    const preflight = await fetch(`${example.origin}/notes`, {
      method: "OPTIONS",
      headers: { origin: "http://localhost:5173", "access-control-request-method": "POST" },
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Authorization/);
    const { headers } = await fetch(`${example.origin}/me`, { headers: { origin: "http://localhost:5173" } });
    assert.match(headers.get("access-control-expose-headers") ?? "", /Authorization/);
  });

  test("a session logs in by RPC and keeps its notes", async () => {
    const client = new AuthClient({ baseUrl: example.origin });
    await client.password("ada", "correct-horse");
    assert.deepEqual(await (await client.fetch("/me")).json(), { subject: "ada", roles: ["user"] });
    const note = async (text: string) => {
      const body = JSON.stringify({ text });
      const response = await client.fetch("/notes", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      return response.json();
    };
    await note("milk");
    assert.deepEqual(await note("bread"), ["milk", "bread"]);
    await client.close();
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
