import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { after, before, describe, it } from "node:test";
import { type Running, startGateway } from "../running.js";
import { greedyClients } from "./greedy-clients.js";

/** Places of the upstream: an attacker holds 14 of them. */
const places = 16;
const held = 14;

/** More than the buffers of both kernels hold. */
const big = Buffer.alloc(16 * 1024 * 1024, "x");

const attacker = "127.0.0.2";
const honest = "127.0.0.3";

/** Callers of one address take what they can get, and callers of another are served all the same. */
describe("a client that takes all that it can get", () => {
  let gateway: Running;
  let port: number;
  let underWay = 0;
  let onRequest = (): void => {};
  before(async () => {
    gateway = await startGateway({
      upstream: { maxConnections: places, connectTimeoutMs: 60_000 },
      serve: (request, response) => {
        if (request.url !== "/open/honest") {
          underWay += 1;
          response.on("close", () => {
            underWay -= 1;
          });
          onRequest();
        }
        if (request.url === "/open/big") response.end(big);
        else request.resume().on("end", () => response.end("ok"));
      },
    });
    port = Number(new URL(gateway.http1).port);
  });
  after(() => gateway.close());

  async function untilUnderWay(count: number): Promise<void> {
    while (underWay < count)
      await new Promise<void>((resolve) => {
        onRequest = resolve;
      });
  }
  const ask = async (path: string): Promise<string> => {
    const request = get({ port, host: "127.0.0.1", localAddress: honest, path, agent: false });
    const [response] = await once(request, "response");
    let text = `${response.statusCode} `;
    for await (const chunk of response) text += chunk;
    return text;
  };

  for (const [name, attack] of Object.entries(greedyClients)) {
    it(`by ${name}`, async () => {
      const { isWide, end } = attack({ port, from: attacker, connections: 80 });
      const takes = isWide ? held : 1;
      await untilUnderWay(takes);
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/open/honest")));
      assert.deepEqual([...new Set(answers)], ["200 ok"]);
      assert.equal(underWay, takes, "the attack goes on, and has no more than its share");
      end();
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve));
    });
  }
});
