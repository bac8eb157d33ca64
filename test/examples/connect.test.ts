import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import type { TransportOptions } from "../../src/client/bearer/open-transport.js";
import { type RunningExample, runExample } from "./run-example.js";

let example: RunningExample;

describe("examples/connect", () => {
  before(async () => {
    example = await runExample("connect");
  });
  after(() => example.stop());

  for (const [protocol, transport] of Object.entries({
    Connect: (options: TransportOptions) => createConnectTransport({ ...options, httpVersion: "2" }),
    gRPC: (options: TransportOptions) => createGrpcTransport(options),
    "gRPC-Web": (options: TransportOptions) => createGrpcWebTransport({ ...options, httpVersion: "2" }),
  })) {
    test(`it logs in, tells who is calling, and logs out, over ${protocol}`, async () => {
      const client = new AuthClient({ baseUrl: example.origin, transport });
      await assert.rejects(client.whoAmI(), { code: Code.Unauthenticated });
      await assert.rejects(client.password("ada", "wrong"), (error) => error instanceof AuthenticationFailedError);
      await client.password("ada", "correct-horse");
      const { caller, session } = await client.whoAmI();
      assert.equal(caller?.identity?.subject, "ada");
      assert.ok(session);
      await client.close();
    });
  }

  test("it serves HTTP/1.1 on the same port, which the client's default transport speaks", async () => {
    const client = new AuthClient({ baseUrl: example.origin });
    await client.password("ada", "correct-horse");
    assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
    await client.close();
  });

  test("it stops when asked", async () => {
    assert.deepEqual(await example.stop(), [0, null]);
  });
});
