import assert from "node:assert/strict";
import { test } from "node:test";
import { maxAuthorizationLength, parseAuthorization } from "../../src/credentials/parse-authorization.js";

const accepted: readonly [value: string, scheme: string, payload: string][] = [
  ["Bearer abc", "bearer", "abc"],
  ["bEaReR abc", "bearer", "abc"],
  ["Bearer   abc", "bearer", "abc"],
  [" \tBearer abc\t ", "bearer", "abc"],
  ["Basic dTpw", "basic", "dTpw"],
  ["Basic dTpwYQ==", "basic", "dTpwYQ=="],
  ["Bearer", "bearer", ""],
  ["Bearer ", "bearer", ""],
  ["xBasic dTpw", "xbasic", "dTpw"],
  ["BasicX dTpw", "basicx", "dTpw"],
  ["__proto__ x", "__proto__", "x"],
  ["constructor", "constructor", ""],
  ["io.deephaven.auth.Anonymous", "io.deephaven.auth.anonymous", ""],
  ["!#$%&'*+-.^_`|~09azAZ x", "!#$%&'*+-.^_`|~09azaz", "x"],
  ["Bearer Basic dTpw", "bearer", "Basic dTpw"],
  ['Custom "open', "custom", '"open'],
  ['Digest username="a, b", realm="x\\"y", nc=1', "digest", 'username="a, b", realm="x\\"y", nc=1'],
  ["Digest a=b,c = d", "digest", "a=b,c = d"],
  [`Bearer ${"a".repeat(maxAuthorizationLength - 7)}`, "bearer", "a".repeat(maxAuthorizationLength - 7)],
];

const refused: readonly [why: string, value: string][] = [
  ["empty", ""],
  ["only space", "   "],
  ["only tabs", "\t\t"],
  ["a tab between", "Bearer\tabc"],
  ["a tab inside", "Bearer a\tb"],
  ["NUL", "Bearer a\0b"],
  ["LF", "Bearer abc\nX-User: root"],
  ["LF at the end", "Bearer abc\n"],
  ["CR at the end", "Bearer abc\r"],
  ["DEL", "Bearer a\x7fb"],
  ["byte 0x80", "Bearer a\x80"],
  ["byte 0xe9", "Bearer caf\xe9"],
  ["no-break space at the start", "\xa0Bearer abc"],
  ["character beyond Latin-1", "Bearer \u{1f511}"],
  ["Kelvin sign in the scheme", "\u212aey abc"],
  ["scheme with a colon", "Bearer: abc"],
  ["scheme with a slash", "a/b c"],
  ["scheme in quotes", '"Bearer" abc'],
  ["scheme with equals", "token=abc"],
  ["a pair joined by a comma", "Bearer good, Bearer evil"],
  ["a pair joined without a space", "Bearer good,Bearer evil"],
  ["an equal pair", "Bearer good, Bearer good"],
  ["a second scheme alone", "Bearer good, Negotiate"],
  ["a second scheme with parameters", 'Digest a="b", Bearer c=d'],
  ["a second scheme first", "Negotiate, Bearer good"],
  ["a leading comma", ",Bearer good"],
  ["a trailing comma", "Bearer good,"],
  ["a trailing comma after a parameter", "Digest a=b,"],
  ["an empty element", "Digest a=b,,c=d"],
  ["padding that looks like a parameter", "Basic dTpw==,Bearer=x"],
  ["padding, then a parameter", "Bearer good=,evil"],
  ["a comma in quotes that are no parameter", 'Bearer "a, Bearer evil"'],
  ["a quote that does not close", 'Digest a="b, c=d'],
  ["a quote closed by a backslash", 'Digest a="b\\", c=d'],
];

for (const [value, scheme, payload] of accepted) {
  test(`parses ${JSON.stringify(value.slice(0, 60))}`, () => {
    const [name] = value.trim().split(" ");
    assert.deepEqual(parseAuthorization(value), { scheme, name, payload });
  });
}

for (const [why, value] of refused) {
  test(`refuses ${why}: ${JSON.stringify(value.slice(0, 40))}`, () => {
    assert.equal(parseAuthorization(value), undefined);
  });
}

test("a hostile value costs one pass, not a power of its length", () => {
  const hostile = [
    `${" ".repeat(8_190)}\0`,
    `a${" ".repeat(8_190)}\0`,
    `Digest ${"a=b,".repeat(2_046)}`,
    `Digest a="${"\\".repeat(8_180)},`,
    `Digest a${" ".repeat(8_170)},`,
  ];
  const startedAt = process.cpuUsage();
  for (const value of hostile)
    for (let round = 0; round < 20; round++) assert.equal(parseAuthorization(value), undefined);
  const { user } = process.cpuUsage(startedAt);
  // One pass over 100 × 8 KiB takes some milliseconds; a quadratic one takes more than a second.
  assert.ok(user < 500_000, `took ${user} µs of CPU`);
});
