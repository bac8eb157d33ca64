import { parentPort, workerData } from "node:worker_threads";
import { allRows, type RowOptions, runRow } from "./rows.js";

const { options, names } = workerData as { readonly options: RowOptions; readonly names: SharedNames };

/** The rows that are still to do: a counter that all threads share. */
export interface SharedNames {
  readonly next: Int32Array;
  readonly names: readonly string[];
}

for (let at = Atomics.add(names.next, 0, 1); at < names.names.length; at = Atomics.add(names.next, 0, 1)) {
  const row = allRows.find(({ name }) => name === names.names[at]);
  if (row !== undefined) parentPort?.postMessage(await runRow(row, options));
}
