import { readdirSync, readFileSync } from "node:fs";

/** Where users read: the README and everything in `docs/`. Tests run in the root of the repository. */
export const documents: readonly string[] = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
];

export function readDocument(path: string): string {
  return readFileSync(path, "utf8");
}

/** A fenced block of TypeScript, with what the comments in front of it say. */
export interface CodeBlock {
  readonly document: string;
  /** Of the first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** `<!-- with: declare const app: Express -->`: what the reader has already. Reaches over several lines. */
  readonly given: string;
  /** `<!-- continues -->`: it stands below the block before it, in one module. */
  readonly continues: boolean;
  /** `<!-- file: api-key.ts -->`: other blocks of the document may import it; `*.test.ts` is run. */
  readonly file: string | undefined;
}

const block = /((?:<!--(?:(?!-->)[\s\S])*-->\s*)*)^( *)```ts\n([\s\S]*?)^\2```/gm;

/** Every ```ts block of a document, in order. */
export function codeBlocksOf(document: string, text: string = readDocument(document)): readonly CodeBlock[] {
  return Array.from(text.matchAll(block), (match) => {
    const [all, comments = "", , code = ""] = match;
    const before = text.slice(0, (match.index ?? 0) + all.indexOf("```ts"));
    return {
      document,
      line: before.split("\n").length + 1,
      code,
      given: /<!-- with:([\s\S]*?)-->/.exec(comments)?.[1]?.trim() ?? "",
      continues: comments.includes("<!-- continues -->"),
      file: /<!-- file: (\S+) -->/.exec(comments)?.[1],
    };
  });
}

/** Text outside fenced blocks: what is prose, links and headings. */
export function proseOf(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```/gm, (fenced) => fenced.replace(/[^\n]/g, ""));
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of proseOf(text).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let twin = 1; anchors.has(anchor); twin++) anchor = `${slug}-${twin}`;
    anchors.add(anchor);
  }
  return anchors;
}
