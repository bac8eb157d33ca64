import assert from "node:assert/strict";
import { test } from "node:test";
import { extractCredentials } from "../../src/credentials/carriers.js";
import { type Authorization, parseAuthorization } from "../../src/credentials/parse-authorization.js";
import { mutate } from "../../src/testing/mutate.js";
import { createRandom } from "../../src/testing/random.js";
import { sized } from "../size.js";

const rounds = sized(100_000, 1_000_000);
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);

const origins = [
  `Bearer sps_${Buffer.alloc(60, 7).toString("base64url")}`,
  "Basic YWRhOmxvdmVsYWNl",
  "Basic YWRhOnB3eA==",
  "bEaReR Basic YWRhOnB3",
  'Digest username="a, \\"b\\"", realm = x, nc=00000001',
  "Bearer good, Bearer evil",
  "Bearer good,Negotiate",
  "PSK",
  "Custom a=b",
  "",
];

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const isToken = (text: string) => text !== "" && [...text].every((character) => tokenCharacters.includes(character));

/** The grammar once more, read from RFC 9110 §5.6 and §11 character by character, without a regular expression. */
function oracle(value: string): Authorization | undefined {
  if (value.length > 8_192) return undefined;
  let text = value;
  while (text.startsWith(" ") || text.startsWith("\t")) text = text.slice(1);
  while (text.endsWith(" ") || text.endsWith("\t")) text = text.slice(0, -1);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return undefined;
  }
  const space = text.indexOf(" ");
  const scheme = space < 0 ? text : text.slice(0, space);
  if (!isToken(scheme)) return undefined;
  let payload = space < 0 ? "" : text.slice(space);
  while (payload.startsWith(" ")) payload = payload.slice(1);
  if (payload.indexOf(",") >= 0 && !isParameterList(payload)) return undefined;
  return { scheme: scheme.toLowerCase(), name: scheme, payload };
}

function isParameterList(payload: string): boolean {
  const elements = [""];
  let quoted = false;
  for (let index = 0; index < payload.length; index++) {
    const character = payload.charAt(index);
    if (character === "," && !quoted) {
      elements.push("");
      continue;
    }
    elements.push(`${elements.pop()}${character}`);
    if (character === '"') quoted = !quoted;
    else if (character === "\\" && quoted) elements.push(`${elements.pop()}${payload.charAt(++index)}`);
  }
  return !quoted && elements.every(isParameter);
}

function isParameter(element: string): boolean {
  const equals = element.indexOf("=");
  if (equals < 0 || !isToken(element.slice(0, equals).trim())) return false;
  const value = element.slice(equals + 1).trim();
  if (!value.startsWith('"')) return isToken(value);
  let index = 1;
  while (index < value.length && value.charAt(index) !== '"') index += value.charAt(index) === "\\" ? 2 : 1;
  return index === value.length - 1;
}

function same(left: Authorization | undefined, right: Authorization | undefined): boolean {
  return left?.scheme === right?.scheme && left?.payload === right?.payload;
}

test(`${rounds} mutated values are parsed as the grammar says, without a throw`, (context) => {
  const random = createRandom(seed);
  context.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const value = mutate(random, random.pick(origins));
    const parsed = parseAuthorization(value);
    if (parsed !== undefined) accepted++;
    if (!same(parsed, oracle(value))) assert.fail(`parser and grammar differ on ${JSON.stringify(value)}`);
  }
  context.diagnostic(`${accepted} accepted, ${rounds - accepted} refused`);
  // Neither a parser that refuses everything nor input that is all broken would show anything.
  assert.ok(accepted > rounds / 10 && accepted < (rounds * 9) / 10);
});

test("of header blocks with any number of Authorization fields only those with exactly one good one present anything", (context) => {
  const random = createRandom(seed);
  context.diagnostic(`seed ${random.seed} (FUZZ_SEED=${random.seed} repeats it)`);
  const names = [
    "authorization",
    "Authorization",
    "AUTHORIZATION",
    "Proxy-Authorization",
    "X-Authorization",
    "Host",
    "authorizatio",
  ];
  const kinds = new Map<string, number>();
  for (let round = 0; round < rounds / 10; round++) {
    const rawHeaders: string[] = [];
    for (let fields = random.int(5); fields > 0; fields--) {
      rawHeaders.push(random.pick(names), random.int(2) ? random.pick(origins) : mutate(random, random.pick(origins)));
    }
    const values = rawHeaders.filter(
      (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "authorization",
    );
    const [only = ""] = values;
    const parsed = oracle(only);
    let expected: unknown = { kind: "none" };
    if (values.length > 1) expected = { kind: "refused", reason: "duplicate" };
    else if (values.length === 1) {
      expected = parsed ? { kind: "credentials", ...parsed } : { kind: "refused", reason: "malformed" };
    }
    const extracted = extractCredentials(rawHeaders, false);
    kinds.set(extracted.kind, (kinds.get(extracted.kind) ?? 0) + 1);
    if (JSON.stringify(extracted) !== JSON.stringify(expected)) assert.fail(`wrong for ${JSON.stringify(rawHeaders)}`);
  }
  assert.deepEqual([...kinds.keys()].sort(), ["credentials", "none", "refused"]);
});
