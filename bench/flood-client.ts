// The process that floods: `flood-client.js <port> <per second>`. Told a number of sources, it sends wrong passwords from
// so many until it is told 0; then it says how they were answered.
import { Agent } from "node:http";
import { call } from "./flood-call.js";

const [, , port = "", perSecond = ""] = process.argv;
const everyMs = 1_000 / Number(perSecond);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
let sent = 0;
let stopped = true;

async function flood(sources: number): Promise<void> {
  const statuses = new Map<number, number>();
  const calls: Promise<void>[] = [];
  const began = performance.now();
  for (let count = 0; !stopped; count++) {
    const waitMs = began + count * everyMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    sent += 1;
    const source = sent % sources;
    const authorization = `Basic ${Buffer.from(`user${sent}:wrong`).toString("base64")}`;
    const called = call(Number(port), agent, authorization, `192.0.${source >> 8}.${source & 0xff}`);
    calls.push(called.then(({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1)));
  }
  await Promise.all(calls);
  process.send?.([...statuses]);
}

process.on("message", (sources: number) => {
  stopped = sources === 0;
  if (!stopped) void flood(sources);
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
