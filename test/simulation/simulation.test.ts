import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, test } from "node:test";
import { isFull, sized } from "../size.js";
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

// A failed test names what it takes to see one run again: SEED=… ROW="…" RUN=… node scripts/test.mjs simulation
// RUNS is how many runs each row has: 200 in the full size, 100 where a run is slow; the table of the docs has 400. `npm test` does 5, or 2, of the rows in
// which every run must come out the same; how often something happens takes many runs to tell.
const { SEED, RUNS, ROW, RUN } = process.env;
const seed = Number(SEED ?? randomInt(2 ** 31));
const runs = RUN === undefined ? Number(RUNS ?? sized(5, 200)) : 1;
const slowRuns = RUN === undefined ? Number(RUNS ?? sized(2, 100)) : 1;

const statistical = new Set([...slowRows, ...patientRows, ...luckyRows, ...controlRows].map(({ name }) => name));
const isWanted = ({ name }: { readonly name: string }) =>
  ROW === undefined ? isFull || !statistical.has(name) : ROW === name;
const rows = allRows.filter(isWanted);
const runRow = runInThreads(rows, { seed, runs, slowRuns, first: Number(RUN ?? 0) });
const again = (name: string, run: number) => `SEED=${seed} ROW="${name}" RUN=${run}`;

const lines: string[] = [...tableHead];
const boundLines: string[] = [...boundTableHead];
after(() => console.log(`${lines.join("\n")}\n\n${boundLines.join("\n")}\n\nSeed ${seed}.`));

for (const row of honestRows.filter(isWanted)) {
  test(`nobody who follows the protocol is logged out: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toHonestLine(batch));
    const loggedOut = batch.results.filter((result) => result.loggedOut !== undefined);
    assert.deepEqual(
      loggedOut.map(({ run, loggedOut: reason }) => `${reason}: ${again(row.name, run)}`),
      [],
    );
    const turns = batch.results.reduce((sum, { rotations }) => sum + rotations, 0);
    assert.ok(turns > 15 * batch.results.length, `only ${turns} turns in ${batch.results.length} runs: SEED=${seed}`);
  });
}

for (const row of [...eagerRows, ...busyRows].filter(isWanted)) {
  test(`an eager thief is found, and the session ends on every node: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toTheftLine(batch));
    const missed = batch.results.filter((result) => !result.found || result.thiefIsIn);
    assert.deepEqual(
      missed.map(({ run }) => again(row.name, run)),
      [],
    );
  });
}

for (const row of slowRows.filter(isWanted)) {
  test(`an eager thief is nearly always found: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toTheftLine(batch));
    const missed = batch.results.filter((result) => !result.found).length;
    assert.ok(
      missed <= Math.max(1, 0.02 * slowRuns),
      `${missed} of ${slowRuns} missed, the docs say 1 in 2,000: SEED=${seed}`,
    );
  });
}

for (const row of patientRows.filter(isWanted)) {
  test(`no bearer rule sees a patient thief, and the docs say so: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toTheftLine(batch));
    const found = batch.results.filter((result) => result.found).length;
    assert.ok(found <= 0.02 * runs, `${found} of ${runs} found, the docs say nearly none: SEED=${seed}`);
  });
}

for (const row of luckyRows.filter(isWanted)) {
  test(`a patient thief trips over what the store has lost, at times: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toTheftLine(batch));
    const found = batch.results.filter((result) => result.found).length;
    assert.ok(found < 0.5 * runs, `${found} of ${runs} found, the docs say less than a third: SEED=${seed}`);
  });
}

for (const row of boundRows.filter(isWanted)) {
  test(`no call with a copied token of a bound session is let in, and its owner notices nothing: ${row.name}`, async () => {
    const batch = await runRow(row);
    boundLines.push(toBoundTheftLine(batch));
    const wrong = batch.results.filter(
      ({ letIn, alarms, loggedOut }) => letIn > 0 || alarms > 0 || loggedOut !== undefined,
    );
    assert.deepEqual(
      wrong.map(({ run }) => again(row.name, run)),
      [],
    );
    const tries = batch.results.reduce((sum, result) => sum + result.tries, 0);
    assert.ok(tries > 50 * batch.results.length, `only ${tries} tries: SEED=${seed}`);
  });
}

for (const row of unboundRows.filter(isWanted)) {
  test(`where nothing is bound, the same thief is let in: ${row.name}`, async () => {
    const batch = await runRow(row);
    boundLines.push(toBoundTheftLine(batch));
    assert.ok(
      batch.results.every(({ letIn }) => letIn > 0),
      `a thief was never let in: SEED=${seed}`,
    );
  });
}

for (const row of controlRows.filter(isWanted)) {
  test(`what should fail in this world does: ${row.name}`, async () => {
    const batch = await runRow(row);
    lines.push(toHonestLine(batch));
    assert.ok(
      batch.results.some((result) => result.loggedOut !== undefined),
      `nobody was logged out: SEED=${seed}`,
    );
  });
}
