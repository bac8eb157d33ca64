import { parseArgs } from "node:util";
import { type Row, rows } from "./rows.js";

export interface BenchOptions {
  readonly rows: readonly Row[];
  readonly pairs: number;
  readonly warmUpMs: number;
  readonly json: boolean;
}

const help = `What Sallyport costs: CPU per call of the process that serves, against the same process without it.

  npm run bench                                    every row, about ten minutes
  npm run bench -- --rows node-warm,node-cold      only these
  npm run --silent bench -- --json > figures.jsonl one JSON object a line

  --rows a,b      which rows (default: all)
  --pairs N       pairs of measured blocks per row (default 24): more of them, narrower quartiles
  --seconds N     warm-up of each process (default 10); below 10 the figures show the compiler, not the code
  --json          {"row","against","oursUs","otherUs","ratio","low","high","n"}; times are CPU microseconds per call,
                  ratio = other / ours (1 = free, 0.5 = twice the CPU), low and high are its quartiles over n pairs
  --help

Reports, each with a --help of its own:
  npm run bench -- timing                          can log-ins that fail be told apart by time?
  npm run bench -- flood                           what a flood of wrong passwords does to everybody else

Rows:
${rows.map(({ row, against, what }) => `  ${row.padEnd(14)}${what}; against ${against}`).join("\n")}

Rows against nginx and Caddy need Linux and these programs on the PATH. Where a program is absent, the run says so and
leaves its rows out.

Both of a pair get the same bytes over the same 16 kept connections, and take turns at going first. Every answer is
checked, and so is what the store was asked. Close other programs; then compare ratios, not microseconds. Gaps that
express-noop shows too are noise. More in docs/performance.md.
`;

/** Reads the command line; `undefined` after `--help` was printed. Throws with what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string" },
      pairs: { type: "string", default: "24" },
      seconds: { type: "string", default: "10" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return undefined;
  }
  const pairs = Number(values.pairs);
  const seconds = Number(values.seconds);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error("--pairs takes a whole number of at least 1");
  if (!(seconds >= 0)) throw new Error("--seconds takes a number of seconds");
  return { rows: pick(values.rows), pairs, warmUpMs: seconds * 1_000, json: values.json };
}

function pick(names: string | undefined): readonly Row[] {
  if (names === undefined) return rows;
  const wanted = names.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (rows.some(({ row }) => row === name)) continue;
    throw new Error(`there is no row ${JSON.stringify(name)}; the rows are ${rows.map(({ row }) => row).join(", ")}`);
  }
  return rows.filter(({ row }) => wanted.includes(row));
}
