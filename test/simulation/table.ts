import type { BoundTheftResult } from "./bound-theft.js";
import type { Batch } from "./rows.js";
import type { HonestResult, TheftResult } from "./scenarios.js";

/** The head of the table in `docs/tokens-and-rotation.md`. */
export const tableHead: readonly string[] = [
  "| who | runs | turns a run | false log-outs | thefts found | thief still in at the end | found after (median, longest) |",
  "|---|---|---|---|---|---|---|",
];

export function toHonestLine({ name, results }: Batch<HonestResult>): string {
  const loggedOut = results.filter((result) => result.loggedOut !== undefined).length;
  const turns = Math.round(results.reduce((sum, { rotations }) => sum + rotations, 0) / results.length);
  return `| ${name} | ${results.length} | ${turns} | ${loggedOut} | | | |`;
}

export function toTheftLine({ name, results }: Batch<TheftResult>): string {
  const found = results.filter((result) => result.found);
  const stillIn = results.filter((result) => result.thiefIsIn).length;
  const after = found.flatMap(({ afterRotations }) => afterRotations ?? []).sort((a, b) => a - b);
  const [median, longest] = [after[after.length >> 1], after.at(-1)].map((turns) => turns?.toFixed(1));
  const when = median === undefined ? "" : `${median}, ${longest} × \`rotateAfterMs\``;
  return `| ${name} | ${results.length} | | | ${found.length} | ${stillIn} | ${when} |`;
}

/** The head of the table of thefts from bound sessions. */
export const boundTableHead: readonly string[] = [
  "| who | runs | calls of the thief | let in | runs with a call let in | alarms | owners logged out |",
  "|---|---|---|---|---|---|---|",
];

export function toBoundTheftLine({ name, results }: Batch<BoundTheftResult>): string {
  const sum = (count: (result: BoundTheftResult) => number) => results.reduce((all, each) => all + count(each), 0);
  const cells = [
    results.length,
    sum(({ tries }) => tries),
    sum(({ letIn }) => letIn),
    sum(({ letIn }) => Number(letIn > 0)),
    sum(({ alarms }) => alarms),
    sum(({ loggedOut }) => Number(loggedOut !== undefined)),
  ];
  return `| ${name} | ${cells.map((cell) => cell.toLocaleString("en")).join(" | ")} |`;
}
