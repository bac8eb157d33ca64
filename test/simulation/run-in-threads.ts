import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { SharedNames } from "./row-thread.js";
import type { Batch, Row, RowOptions } from "./rows.js";

/** What came of each row, by its name. */
export type RunRow = <Result>(row: Row<Result>) => Promise<Batch<Result>>;

/**
 * Runs rows in threads of their own, in the order given, and hands each out when it is done. Not in the test's own
 * thread: `node:test` watches every promise, and the same runs take twice as long.
 */
export function runInThreads(rows: readonly Row<unknown>[], options: RowOptions): RunRow {
  const done = new Map<string, Promise<unknown>>();
  const settle = new Map<string, (batch: unknown) => void>();
  for (const { name } of rows) {
    done.set(name, new Promise((resolve) => settle.set(name, resolve)));
  }
  const names: SharedNames = {
    next: new Int32Array(new SharedArrayBuffer(4)),
    names: rows.map(({ name }) => name),
  };
  const failed = new Promise<never>((_resolve, reject) => {
    for (let thread = 0; thread < Math.min(availableParallelism(), rows.length, 4); thread++) {
      const worker = new Worker(new URL("./row-thread.js", import.meta.url), { workerData: { options, names } });
      worker.on("message", (batch: Batch<unknown>) => settle.get(batch.name)?.(batch));
      worker.on("error", reject);
    }
  });
  failed.catch(() => {}); // whoever waits for a row hears of it

  return async <Result>({ name }: Row<Result>) => (await Promise.race([done.get(name), failed])) as Batch<Result>;
}
