import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalUserName } from "../../../src/handlers/password/user-file-format.js";
import { toAccountName } from "../../../src/policies/throttle/account-name.js";

const spellings: Readonly<Record<string, readonly string[]>> = {
  bob: [
    "bob",
    "Bob",
    " bob",
    "BOB\u00a0",
    "\uff42\uff4f\uff42",
    "\u24b7ob",
    "b\u00ado\u200bb",
    "b\u00f6b",
    "bo\u0308b",
    "\ufeffbob",
  ],
  strasse: ["stra\u00dfe", "STRASSE", "Stra\u1e9ee"],
  "soren 42": ["s\u00f8ren 42", "S\u00d8REN \u0664\u0662", "so\u0307ren \u096a\u0968", "s\u00f8\u0488ren \uff14\uff12"],
  "lodz aeoe thd": ["\u0142\u00f3d\u017a \u00e6\u0153 \u00fe\u00f0", "\u0141OD\u0179 \u00c6\u0152 \u00de\u0110"],
  "shalom \u05e9\u05dc\u05d5\u05dd": ["shalom \u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd"],
  control: ["con\u0001trol", "con\u0086trol", "cont\u061crol", "\u2066control\u2069"],
  "ada lovelace": ["Ada  Lovelace", "ada\tlovelace", "ada\u3000lovelace "],
  "\u03bf\u03b4\u03bf\u03c3": ["\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2", "\u1f40\u03b4\u03cc\u03c2"],
};

test("spellings that some look-up takes for one account are counted as one", () => {
  for (const [name, all] of Object.entries(spellings)) {
    for (const spelling of all) assert.equal(toAccountName(spelling), toAccountName(name), JSON.stringify(spelling));
  }
});

test("it is never finer than the look-up in user files, and counting it twice changes nothing", () => {
  for (const spelling of Object.values(spellings).flat()) {
    assert.equal(toAccountName(canonicalUserName(spelling)), toAccountName(spelling));
    assert.equal(toAccountName(toAccountName(spelling)), toAccountName(spelling));
  }
});

test("names of other people, also in scripts without case, stay apart", () => {
  const people = ["bob", "bop", "\u0930\u0935", "\u0930\u0932", "\u738b\u4f1f", "\u738b\u82b3", "o'hara", "ohara"];
  assert.equal(new Set(people.map(toAccountName)).size, people.length);
});

test("each digit of every script counts as its value, each mark as nothing", () => {
  const points = Array.from({ length: 0x1f000 }, (_, code) => String.fromCodePoint(code));
  const digits = points.filter((point) => /\p{Nd}/u.test(point));
  assert.ok(digits.length > 500 && digits.length % 10 === 0, String(digits.length));
  digits.forEach((digit, index) => {
    assert.equal(toAccountName(`a${digit}`), `a${index % 10}`, digit);
  });
  const ignored = points.filter((point) => /\p{M}|\p{Cf}/u.test(point));
  assert.ok(ignored.length > 2_000, String(ignored.length));
  for (const mark of ignored) assert.equal(toAccountName(`a${mark}b`), "ab", JSON.stringify(mark));
});

test("a name of nothing but invisible characters is counted as it is", () => {
  assert.notEqual(toAccountName("\u200b"), toAccountName("\u200d"));
});

test("marks are dropped before a normalisation that would sort them: that takes time by the square of their number", (t) => {
  const { normalize } = String.prototype;
  const sorted: string[] = [];
  t.mock.method(String.prototype, "normalize", function (this: string, form?: string) {
    sorted.push(this.valueOf());
    return normalize.call(this, form);
  });
  assert.equal(toAccountName(`b${"\u0316\u0301".repeat(3_000)}ob`), "bob");
  assert.equal(sorted.length, 3);
  for (const text of sorted) assert.doesNotMatch(text, /\p{M}{2}/u);
});
