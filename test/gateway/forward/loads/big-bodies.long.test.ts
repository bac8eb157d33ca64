import assert from "node:assert/strict";
import { test } from "node:test";
import { passBothWays, startEchoes, ways } from "./big-ways.js";
import { startGatewayProcess } from "./gateway-process.js";

const megabytes = 1024;

/** What the gateway may take more than before, in MB: its heap in use and its garbage. A body that is held takes all. */
const most = 64;

for (const [name, open] of Object.entries(ways)) {
  test(`1 GB passes both ways over ${name}, in flat memory`, async (t) => {
    const gateway = await startGatewayProcess(t, { upstreams: await startEchoes(t) });
    const before = await gateway.memory();
    await passBothWays(await open(gateway), megabytes);
    const { peak } = await gateway.memory();
    t.diagnostic(`RSS was ${before.rss} MB, and at most ${peak} MB`);
    assert.ok(peak - before.rss < most, `RSS grew by ${peak - before.rss} MB`);
  });
}
