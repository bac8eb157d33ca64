import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

// Plain words name the actor: client, caller, attacker, operator, handler, store. An indefinite pronoun hides it.
const words: readonly string[] = [
  ...["whoever", "whom", "whomever", "somebody", "someone", "nobody", "no one"],
  ...["anybody", "anyone", "everybody", "everyone"],
];

/** The most that the source may have. It only falls: lower it when you rewrite a sentence. */
const most = { comments: 0, texts: 3 };

const pattern = new RegExp(`\\b(?:${words.join("|")})\\b`, "gi");

interface Found {
  readonly place: string;
  readonly word: string;
}

const files = readdirSync("src", { recursive: true })
  .map((name) => `src/${String(name).replaceAll("\\", "/")}`)
  .filter((name) => name.endsWith(".ts") && !name.startsWith("src/gen/"))
  .sort();

/** Comments of both kinds. `//` inside a text, as in a URL, does not follow white space. */
const comment = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

/** Literals of one line. Those that hold a space are texts. */
const literal = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g;

/** The same length, so that an offset still gives the line. */
const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** Examples and names of code may hold any word. */
const withoutCode = (text: string): string => text.replace(/```[\s\S]*?```|`[^`\n]*`/g, blank);

/** A literal without a space is a value, such as `"anyone"`. */
const withoutValues = (text: string): string =>
  text.includes(" ") ? text.replace(/\$\{[^}]*\}/g, blank) : blank(text);

function find(name: string, source: string, part: RegExp, prepare: (text: string) => string): Found[] {
  return Array.from(source.matchAll(part)).flatMap(({ 0: text, index: start }) =>
    Array.from(prepare(text).matchAll(pattern), ({ 0: word, index }) => ({
      place: `${name}:${source.slice(0, start + index).split("\n").length}`,
      word: word.toLowerCase(),
    })),
  );
}

const sources = files.map((name) => ({ name, source: readFileSync(name, "utf8") }));

const found = {
  comments: sources.flatMap(({ name, source }) => find(name, source, comment, withoutCode)),
  texts: sources.flatMap(({ name, source }) => find(name, source.replace(comment, blank), literal, withoutValues)),
};

/** How often each word occurs, then where. */
function told(list: readonly Found[]): string {
  const counts = words.map((word) => [word, list.filter((each) => each.word === word).length] as const);
  const summary = counts.filter(([, count]) => count > 0).map(([word, count]) => `${word} ${count}`);
  return [summary.join(", "), ...list.map(({ place, word }) => `${place} ${word}`)].join("\n");
}

for (const kind of ["comments", "texts"] as const) {
  const name = kind === "comments" ? "comments and docstrings" : "texts, such as errors and log lines,";
  test(`${name} name who acts, instead of an indefinite pronoun`, () => {
    const { length } = found[kind];
    assert.ok(length <= most[kind], `${length} indefinite pronouns, ${most[kind]} allowed: ${told(found[kind])}`);
  });
}

test("the count sees comments and texts, and neither code nor names", () => {
  const source = [
    "/** Whoever calls. `nobody` is a name. */",
    "const nobody = 1; // for somebody",
    'const url = "https://a.example"; throw new Error("nobody logs in");',
    "const text = `$" + "{nobody} waits for anyone`;",
    'const kind = "anyone";',
  ].join("\n");
  const inComments = find("a", source, comment, withoutCode).map(({ place, word }) => `${place} ${word}`);
  assert.deepEqual(inComments, ["a:1 whoever", "a:2 somebody"]);
  const inTexts = find("a", source.replace(comment, blank), literal, withoutValues);
  assert.deepEqual(
    inTexts.map(({ place, word }) => `${place} ${word}`),
    ["a:3 nobody", "a:4 anyone"],
  );
});
