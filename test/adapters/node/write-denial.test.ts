import assert from "node:assert/strict";
import { Agent, createServer, request as send } from "node:http";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { writeDenial } from "../../../src/adapters/node/write-denial.js";
import { systemPlatform } from "../../../src/base/platform.js";
import type { Denial } from "../../../src/model/decision.js";
import { listen } from "../servers.js";

const denial: Denial = {
  kind: "denied",
  code: "unauthenticated",
  reason: "invalid_credentials",
  message: "The credentials were not accepted.",
  challenges: [],
};

test("a denial after the route has read the body ends at once, and the connection goes on", async () => {
  const waits: number[] = [];
  const platform = {
    ...systemPlatform,
    delay(ms: number) {
      waits.push(ms);
      return () => {};
    },
  };
  const server = await listen(
    createServer(async (request, response) => {
      await buffer(request);
      writeDenial(request, response, denial, platform);
    }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (headers: Readonly<Record<string, string>>) =>
    new Promise<{ readonly status: number | undefined; readonly reused: boolean; readonly text: string }>(
      (resolve, reject) => {
        const call = send(server.origin, { agent, method: "POST", headers }, async (answer) => {
          resolve({ status: answer.statusCode, reused: call.reusedSocket, text: String(await buffer(answer)) });
        });
        call.on("error", reject).end("user=ada");
      },
    );
  try {
    const framings = [{ "content-length": "8" }, { "transfer-encoding": "chunked" }, { "content-length": "8" }];
    for (const [index, framing] of framings.entries()) {
      const { status, reused, text } = await post(framing);
      assert.equal(status, 401);
      assert.equal(reused, index > 0);
      assert.match(text, /invalid_credentials/);
    }
    assert.deepEqual(waits, []);
  } finally {
    agent.destroy();
    await server.close();
  }
});
