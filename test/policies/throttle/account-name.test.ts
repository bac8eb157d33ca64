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
  const people = [
    "bob",
    "bop",
    "\u0930\u0935\u093f",
    "\u0930\u0935\u093e",
    "\u738b\u4f1f",
    "\u738b\u82b3",
    "o'hara",
    "ohara",
  ];
  assert.equal(new Set(people.map(toAccountName)).size, people.length);
});

test("a name of nothing but invisible characters is counted as it is", () => {
  assert.notEqual(toAccountName("\u200b"), toAccountName("\u200d"));
});
