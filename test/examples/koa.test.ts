import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;

describe("examples/koa", () => {
  before(async () => {
    example = await runExample("koa");
  });
  after(() => example.stop());

  async function get(path: string, authorization = "", method = "GET"): Promise<Response> {
    const response = await fetch(example.origin + path, {
      method,
      ...(authorization && { headers: { authorization } }),
    });
    await response.clone().arrayBuffer();
    return response;
  }

  test("what stands before the door is open, and the rest is not", async () => {
    assert.equal(await (await get("/healthz")).text(), "ok\n");
    for (const path of ["/me", "/unknown"]) assert.equal((await get(path)).status, 401);
  });

  test("a password lets in, an error page keeps its token, and log-out is final", async () => {
    const forbidden = await get("/admin", `Basic ${btoa("ada:correct-horse")}`);
    assert.equal(forbidden.status, 403);
    const token = forbidden.headers.get("authorization") ?? "";
    assert.match(token, /^Bearer sps_/);

    assert.deepEqual(await (await get("/me", token)).json(), { subject: "ada", roles: ["user"] });
    assert.equal((await get("/unknown", token)).status, 404);
    assert.equal((await get("/logout", token, "POST")).status, 204);
    assert.equal((await get("/me", token)).headers.get("sallyport-reason"), "revoked");
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
