// Figures of the stores on this machine: `node dist/bench/stores.js`. Takes some 30 s; run it on a quiet machine.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { NewSession, Reading, Store } from "../src/model/store.js";
import { memory } from "../src/stores/memory/memory.js";
import { sqlite } from "../src/stores/sqlite/sqlite.js";

const caps = { claimed: 20, unclaimed: 20 };
const rules = {
  policy: "confirm-then-cut",
  rotateAfterMs: 600_000,
  overlapMs: 10_000,
  stragglerMs: 60_000,
  lifetimeMs: 1_200_000,
  idleMs: 3_600_000,
  absoluteMs: 86_400_000,
  unclaimedMs: 120_000,
} as const;

function toSession(index: number): NewSession {
  const subject = `user${index}`;
  const identity = JSON.stringify({ subject, roles: ["user"] });
  const ref = `bench${String(index).padStart(17, "0")}`;
  return {
    ref,
    realm: "example",
    subject,
    actor: null,
    identity,
    scheme: "basic",
    rules: { ...rules },
    keyId: 1,
    claimed: true,
  };
}

async function mustSwap(store: Store, reading: Reading, durable: boolean): Promise<Reading> {
  const { generation } = reading.row;
  const next = store.swapSession(reading, { generation: generation + 1, issuedAt: reading.now }, durable);
  const swapped = next instanceof Promise ? await next : next;
  if (swapped !== undefined) return swapped;
  const again = await store.loadSession(reading.row.ref);
  if (again === undefined) throw new Error("the session is gone");
  return again;
}

/** Median of five runs, in microseconds a call: by the clock on the wall, and CPU time of this process. */
async function measure(calls: number, action: (index: number) => unknown): Promise<string> {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let run = 0; run < 6; run++) {
    const start = performance.now();
    const used = process.cpuUsage();
    for (let index = 0; index < calls; index++) {
      const answer = action(index);
      if (answer instanceof Promise) await answer;
    }
    wall.push(((performance.now() - start) / calls) * 1_000);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / calls);
  }
  // The first run warms up.
  const median = (runs: number[]): string => (runs.slice(1).sort((a, b) => a - b)[2] ?? 0).toFixed(1).padStart(8);
  return `${median(wall)} µs, CPU ${median(cpu)} µs`;
}

async function measureStore(name: string, store: Store, sessions: number): Promise<void> {
  for (let index = 0; index < sessions; index++) await store.openSession(toSession(index), caps, false);
  const refs = Array.from({ length: sessions }, (_, index) => toSession(index).ref);
  let reading = await store.loadSession(refs[0] ?? "");
  const swap = async (durable: boolean): Promise<void> => {
    if (reading !== undefined) reading = await mustSwap(store, reading, durable);
  };
  let opened = sessions;
  let proofs = 0;
  const rows: Record<string, string> = {
    load: await measure(20_000, (index) => store.loadSession(refs[index % sessions] ?? "")),
    "swap, not durable": await measure(5_000, () => swap(false)),
    "swap, durable": await measure(500, () => swap(true)),
    "open, not durable": await measure(1_000, () => store.openSession(toSession(opened++), caps, false)),
    "open, durable": await measure(500, () => store.openSession(toSession(opened++), caps, true)),
    "put and take": await measure(300, async () => {
      await store.put("ticket", `t${++proofs}`, "{}", 60_000);
      await store.take("ticket", `t${proofs}`);
    }),
  };
  for (const [row, value] of Object.entries(rows)) console.log(`${name.padEnd(8)}${row.padEnd(20)}${value}`);
}

/** Two processes, each swapping a session of its own in one file. */
async function measureTwoProcesses(path: string): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const children = [0, 1].map((index) => fork(script, ["swap", path, String(index)]));
  const counts = await Promise.all(children.map(async (child) => Number((await once(child, "message"))[0])));
  console.log(`sqlite  compare-and-sets/s, two processes: ${counts.reduce((sum, count) => sum + count, 0)}`);
}

async function swapForever(path: string, index: number): Promise<void> {
  const store = sqlite(path);
  let reading: Reading = await store.openSession(toSession(1_000_000 + index), caps, true);
  const runMs = 3_000;
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < runMs; count++) reading = await mustSwap(store, reading, false);
  await store.close();
  process.send?.(Math.round(count / (runMs / 1_000)));
  process.disconnect();
}

async function measureLoopDelay(name: string, action: (index: number) => unknown): Promise<void> {
  const everyMs = 20;
  const blocked: number[] = [];
  const answered: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let index = 0; index < 500; index++) {
    const start = performance.now();
    const answer = action(index);
    blocked.push(performance.now() - start);
    await answer;
    answered.push(performance.now() - start);
    await sleep(everyMs);
  }
  delay.disable();
  const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(2);
  console.log(
    `event-loop delay, ${name}: p50 ${ms(delay.percentile(50))} p99 ${ms(delay.percentile(99))} max ${ms(delay.max)} ms`,
  );
  for (const [what, times] of Object.entries({ blocked, answered })) {
    times.sort((a, b) => a - b);
    const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2);
    console.log(`  a call ${what}: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`);
  }
}

function measureBytes(): void {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) {
    console.log("memory  bytes a session: run with --expose-gc");
    return;
  }
  collect();
  const before = process.memoryUsage().heapUsed;
  const store = memory();
  const count = 200_000;
  for (let index = 0; index < count; index++) void store.openSession(toSession(index), caps, false);
  collect();
  console.log(`memory  bytes a session: ${Math.round((process.memoryUsage().heapUsed - before) / count)}`);
  void store.close();
}

const [what, path, index] = process.argv.slice(2);
if (what === "swap") await swapForever(path ?? "", Number(index));
else {
  const folder = mkdtempSync(join(what ?? tmpdir(), "sallyport-bench-"));
  const file = join(folder, "sessions.db");
  measureBytes();
  await measureStore("memory", memory(), 10_000);
  const store = sqlite(file);
  await measureStore("sqlite", store, 10_000);
  await measureTwoProcesses(file);
  await measureLoopDelay("idle", () => {});
  await measureLoopDelay("50 durable log-ins/s", (number) =>
    store.openSession(toSession(2_000_000 + number), caps, true),
  );
  await store.close();
  rmSync(folder, { recursive: true });
}
