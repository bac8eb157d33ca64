import { readFileSync, writeFileSync } from "node:fs";

/** One thing that one client saw of both servers. */
export interface Row {
  readonly client: string;
  readonly what: string;
  readonly theirs: string;
  readonly ours: string;
}

const path = "docs/deephaven.md";
const begin = "<!-- seen by npm run test:interop -->\n";
const end = "<!-- end -->";
const head = "| client | what it does | Deephaven 42.7 | Sallyport |\n|---|---|---|---|\n";

/** Libraries have names of their own for one status. */
const words: Readonly<Record<string, string>> = {
  FlightUnauthenticatedError: "UNAUTHENTICATED",
  FlightTimedOutError: "no answer",
  Unauthenticated: "UNAUTHENTICATED",
  DHError: "DHError",
};

export function toWords(saw: string): string {
  return words[saw] ?? saw;
}

export function readTable(): readonly Row[] {
  const text = readFileSync(path, "utf8");
  const lines = text
    .slice(text.indexOf(begin) + begin.length, text.indexOf(end))
    .trim()
    .split("\n")
    .slice(2);
  return lines.map((line) => {
    const [client = "", what = "", theirs = "", ours = ""] = line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1);
    return { client, what, theirs, ours: ours.replaceAll("**", "") };
  });
}

/** What differs stands out. */
export function writeTable(rows: readonly Row[]): void {
  const text = readFileSync(path, "utf8");
  const lines = rows.map(
    ({ client, what, theirs, ours }) =>
      `| ${client} | ${what} | ${theirs} | ${ours === theirs ? ours : `**${ours}**`} |\n`,
  );
  const from = text.indexOf(begin) + begin.length;
  writeFileSync(path, text.slice(0, from) + head + lines.join("") + text.slice(text.indexOf(end)));
}
