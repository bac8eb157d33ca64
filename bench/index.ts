// `npm run bench`: what Sallyport costs. See `--help` and docs/performance.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, startContender } from "./contender.js";
import { flood } from "./flood.js";
import { measurePair, type Pair, throughput, toFigures, usPerCall } from "./measure.js";
import { type BenchOptions, parseOptions } from "./options.js";
import { type ContenderName, callsOf, type Row } from "./rows.js";
import { spreadOf } from "./stats.js";
import { timing } from "./timing.js";

/** Progress and complaints: `--json` has standard output to itself. */
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function bench({ rows: asked, pairs, warmUpMs, json }: BenchOptions): Promise<void> {
  const rows = asked.filter(isPossible);
  const directory = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const contenders = new Map<ContenderName, Contender>();
  const find = (name: ContenderName): Contender => contenders.get(name) as Contender;
  try {
    const names = new Set(rows.flatMap(({ ours, other }) => [ours, other]));
    say(`Node ${process.versions.node}, ${availableParallelism()} cores; ${names.size} processes`);
    for (const name of names) contenders.set(name, await startContender(name, directory));
    for (const row of rows) {
      for (const name of [row.other, row.ours]) {
        if (names.delete(name)) await warmUp(find(name), find(row.ours).authorizations, warmUpMs);
      }
    }
    const measured = new Map<Row, Pair[]>(rows.map((row) => [row, []]));
    for (let index = 0; index < pairs; index++) {
      say(`pair ${index + 1} of ${pairs}`);
      // A pair of every row in turn, so that what else the machine does in these minutes meets all rows alike.
      for (const [row, sofar] of measured) {
        sofar.push(await measurePair(row, find(row.ours), find(row.other), index % 2 === 1));
      }
    }
    for (const [row, all] of measured) console.log(json ? JSON.stringify(toFigures(row, all)) : toText(row, all));
  } finally {
    for (const contender of contenders.values()) contender.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function isPossible({ row, needs }: Row): boolean {
  if (needs === undefined) return true;
  const isThere = process.platform === "linux" && spawnSync(needs, ["--help"]).error === undefined;
  if (!isThere) say(`${row} is left out: it needs Linux and ${needs} on the PATH`);
  return isThere;
}

async function warmUp(contender: Contender, authorizations: readonly string[], forMs: number): Promise<void> {
  say(`warming up ${contender.name} for ${forMs / 1_000} s`);
  const until = performance.now() + forMs;
  do await contender.run(authorizations, callsOf(contender.name));
  while (performance.now() < until);
}

function toText(row: Row, pairs: readonly Pair[]): string {
  const { against, oursUs, otherUs, ratio, low, high, n } = toFigures(row, pairs);
  const more = spreadOf(pairs.map(({ ours, other }) => usPerCall(ours) - usPerCall(other)));
  const figure = (us: number): string => us.toFixed(1).padStart(6);
  const perSecond = [pairs.map(({ ours }) => ours), pairs.map(({ other }) => other)].map(throughput);
  return [
    `${row.row.padEnd(14)}${figure(oursUs)} µs, ${against} ${figure(otherUs)} µs;`,
    `difference ${figure(more.median)} µs [${more.low.toFixed(1)} … ${more.high.toFixed(1)}];`,
    `ratio ${ratio.toFixed(3)} [${low.toFixed(3)} … ${high.toFixed(3)}], n ${n};`,
    `${perSecond.join(" and ")} calls/s`,
  ].join(" ");
}

const [report, ...rest] = process.argv.slice(2);

try {
  if (report === "timing") await timing(rest);
  else if (report === "flood") await flood(rest);
  else {
    const options = parseOptions(process.argv.slice(2));
    if (options !== undefined) await bench(options);
  }
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
