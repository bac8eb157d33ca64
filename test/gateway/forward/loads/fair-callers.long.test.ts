import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import { type TestContext, test } from "node:test";
import { listen } from "../../../adapters/servers.js";
import { type Attack, greedyClients, type Target } from "../greedy-clients.js";
import { startGatewayProcess } from "./gateway-process.js";

/** The places of an upstream are 256 by default; a client may hold 224. */
const connections = 260;
const held = 224;

const honestCallers = 8;
const calls = 4_000;

const big = Buffer.alloc(16 * 1024 * 1024, "x");

/** How both clients come: each with an address of its own, or named by a proxy. */
const ways = {
  "from another address": {
    more: "",
    attacker: { from: "127.0.0.2", fields: {} },
    honest: { from: "127.0.0.3", fields: {} },
  },
  "behind the same trusted proxy": {
    more: "trustedProxies: [127.0.0.4/32]\n",
    attacker: { from: "127.0.0.4", fields: { "x-forwarded-for": "192.0.2.2" } },
    honest: { from: "127.0.0.4", fields: { "x-forwarded-for": "192.0.2.3" } },
  },
} as const;

/** A gateway in front of an upstream that counts what the attack has under way. */
async function start(t: TestContext, more: string) {
  let underWay = 0;
  let onRequest = (): void => {};
  const server = createServer((request, response) => {
    if (request.url === "/open/honest") {
      response.end("ok");
      return;
    }
    underWay += 1;
    onRequest();
    response.on("close", () => {
      underWay -= 1;
    });
    if (request.url === "/open/big") response.end(big);
    else request.resume().on("end", () => response.end("ok"));
  });
  const upstream = await listen(server);
  t.after(() => upstream.close());
  const { port } = await startGatewayProcess(t, { upstreams: { app: upstream.origin }, rest: "app", more });
  return {
    port,
    async untilUnderWay(count: number): Promise<void> {
      while (underWay < count)
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
    },
    async untilOver(): Promise<void> {
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** @returns the time of each call, in milliseconds, the shortest first */
async function callHonestly({ port, from, fields = {} }: Omit<Target, "connections">): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: honestCallers });
  const times: number[] = [];
  async function keepCalling(): Promise<void> {
    for (let count = 0; count < calls / honestCallers; count += 1) {
      const begun = performance.now();
      const options = { port, host: "127.0.0.1", localAddress: from, path: "/open/honest", agent, headers: fields };
      const [response] = await once(get(options), "response");
      assert.equal(response.statusCode, 200);
      await once(response.resume(), "end");
      times.push(performance.now() - begun);
    }
  }
  await Promise.all(Array.from({ length: honestCallers }, keepCalling));
  agent.destroy();
  return times.sort((one, other) => one - other);
}

const at = (times: readonly number[], share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0;

for (const [way, { more, attacker, honest }] of Object.entries(ways)) {
  test(`honest callers are served, whatever a client takes ${way}`, async (t) => {
    const { port, untilUnderWay, untilOver } = await start(t, more);
    await callHonestly({ port, ...honest });
    const calm = await callHonestly({ port, ...honest });
    const toText = (times: readonly number[]): string =>
      `p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms, ${(at(times, 0.99) / at(calm, 0.99)).toFixed(2)} of calm`;
    t.diagnostic(`calm: ${toText(calm)}`);
    for (const [name, attack] of Object.entries(greedyClients)) {
      const { isWide, end }: Attack = attack({ port, ...attacker, connections });
      await untilUnderWay(isWide ? held : 1);
      const times = await callHonestly({ port, ...honest });
      t.diagnostic(`${name}: ${toText(times)}`);
      assert.equal(times.length, calls);
      end();
      await untilOver();
    }
  });
}
