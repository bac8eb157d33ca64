// Prints the table of docs/tokens-and-rotation.md:
//   npm run build && SEED=1 node dist/test/simulation/print-table.js
import { randomInt } from "node:crypto";
import { controlRows, eagerRows, honestRows, luckyRows, patientRows } from "./rows.js";
import { runInThreads } from "./run-in-threads.js";
import { tableHead, toHonestLine, toTheftLine } from "./table.js";

const { SEED, RUNS } = process.env;
const seed = Number(SEED ?? randomInt(2 ** 31));
const thefts = [...eagerRows, ...patientRows, ...luckyRows];
const rows = [...honestRows, ...thefts, ...controlRows];
const runRow = runInThreads(rows, { seed, runs: Number(RUNS ?? 400), first: 0 });

for (const line of tableHead) console.log(line);
for (const row of honestRows) console.log(toHonestLine(await runRow(row)));
for (const row of thefts) console.log(toTheftLine(await runRow(row)));
for (const row of controlRows) console.log(toHonestLine(await runRow(row)));
console.log(`\nSeed ${seed}.`);
