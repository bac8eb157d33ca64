import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { after, before, describe, test } from "node:test";
import type { AdapterServer } from "../../src/testing/adapter/suite.js";
import { listen } from "../adapters/servers.js";
import { type RunningExample, runExample } from "./run-example.js";

let upstream: AdapterServer;
let example: RunningExample;
const seen: IncomingHttpHeaders[] = [];

describe("examples/gateway", () => {
  before(async () => {
    upstream = await listen(
      createServer(({ headers }, response) => {
        seen.push(headers);
        response.end("upstream");
      }),
    );
    example = await runExample("gateway", { UPSTREAM: upstream.origin });
  });
  after(async () => {
    await example.stop();
    await upstream.close();
  });

  test("the upstream is told who calls, and never sees the credentials", async () => {
    const first = await fetch(example.origin, { headers: { authorization: `Basic ${btoa("ada:correct-horse")}` } });
    assert.equal(await first.text(), "upstream");
    const token = first.headers.get("authorization") ?? "";
    assert.match(token, /^Bearer sps_/);
    assert.equal((await fetch(example.origin, { headers: { authorization: token } })).status, 200);
    assert.deepEqual(
      seen.map((headers) => [headers["x-sallyport-subject"], headers["x-sallyport-roles"], headers.authorization]),
      [
        ["ada", "user", undefined],
        ["ada", "user", undefined],
      ],
    );
  });

  test("nobody comes through but to what is open", async () => {
    const before = seen.length;
    assert.equal((await fetch(`${example.origin}/me`)).status, 401);
    assert.equal((await fetch(`${example.origin}/healthz/../me`)).status, 401);
    assert.equal(seen.length, before);
    assert.equal((await fetch(`${example.origin}/healthz`)).status, 200);
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
