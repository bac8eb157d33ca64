// Prints the table of docs/tokens-and-rotation.md:
//   npm run build && SEED=1 node dist/test/simulation/print-table.js
import { randomInt } from "node:crypto";
import {
  allRows,
  boundRows,
  busyRows,
  controlRows,
  eagerRows,
  honestRows,
  luckyRows,
  patientRows,
  slowRows,
  unboundRows,
} from "./rows.js";
import { runInThreads } from "./run-in-threads.js";
import { boundTableHead, tableHead, toBoundTheftLine, toHonestLine, toTheftLine } from "./table.js";

const { SEED, RUNS } = process.env;
const seed = Number(SEED ?? randomInt(2 ** 31));
const runs = Number(RUNS ?? 400);
const thefts = [...eagerRows, ...busyRows, ...slowRows, ...patientRows, ...luckyRows];
const bound = [...boundRows, ...unboundRows];
const runRow = runInThreads(allRows, { seed, runs, slowRuns: runs, first: 0 });

for (const line of tableHead) console.log(line);
for (const row of honestRows) console.log(toHonestLine(await runRow(row)));
for (const row of thefts) console.log(toTheftLine(await runRow(row)));
for (const row of controlRows) console.log(toHonestLine(await runRow(row)));
for (const line of ["", ...boundTableHead]) console.log(line);
for (const row of bound) console.log(toBoundTheftLine(await runRow(row)));
console.log(`\nSeed ${seed}.`);
