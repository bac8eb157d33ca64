import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "undici";
import { asAda, configText, runGateway } from "../running-gateway.js";

const users = "{ match: { path: / }, roles: [user], upstream: app }";

/** Eight clients that follow their tokens, and a reload every 100 ms: whatever is not 200 fails the test. */
export async function reloadUnderLoad(t: TestContext, reloads: number): Promise<void> {
  const gateway = await runGateway(t);
  const pool = new Pool(gateway.origin, { connections: 8 });
  t.after(() => pool.close());
  const statuses = new Map<number | string, number>();
  let running = true;
  async function client(): Promise<void> {
    let token = asAda;
    while (running) {
      const outcome = await pool
        .request({ path: "/x", method: "POST", body: "hello", headers: { authorization: token } })
        .then(async ({ statusCode, headers, body }) => {
          await body.dump();
          if (headers.authorization !== undefined) token = String(headers.authorization);
          return statusCode;
        })
        .catch((error: Error) => error.message);
      statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
    }
  }
  const clients = Array.from({ length: 8 }, client);
  const total = () => statuses.get(200) ?? 0;
  for (let count = 0; count < reloads; count++) {
    // Each reload has calls before it, however busy the machine is.
    for (const before = total(); total() < before + 8; ) await delay(10);
    await delay(100);
    const text = configText(gateway.upstream.url, users);
    gateway.configure(`${text}log: { level: ${count % 2 === 0 ? "warn" : "info"} }\n`);
    gateway.reload();
  }
  running = false;
  await Promise.all(clients);
  assert.deepEqual([...statuses.keys()], [200], JSON.stringify([...statuses]));
  t.diagnostic(`${total()} requests, ${reloads} reloads`);
}
