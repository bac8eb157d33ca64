import assert from "node:assert/strict";
import { test } from "node:test";
import { toSignedBytes } from "../../src/wire/challenge-message.js";
import {
  type KeyMessage,
  parseKeyChallenge,
  parseKeyMessage,
  toKeyChallenge,
  toKeyMessage,
} from "../../src/wire/key-messages.js";

const base = {
  realm: "example",
  purpose: "log-in",
  user: "ada",
  fingerprint: new Uint8Array(32).fill(1),
  nonce: new Uint8Array(32).fill(2),
};

test("what is signed is the label, realm, purpose, user, fingerprint and nonce, each behind its length", () => {
  const parts = [
    "sallyport challenge 1",
    base.realm,
    base.purpose,
    base.user,
    Buffer.alloc(32, 1).toString("latin1"),
    Buffer.alloc(32, 2).toString("latin1"),
  ];
  const text = parts.map((part) => `\0\0\0${String.fromCharCode(part.length)}${part}`).join("");
  assert.equal(Buffer.from(toSignedBytes(base)).toString("latin1"), text);
});

test("no two messages make the same bytes, however realm, purpose and user are cut", () => {
  const seen = new Set<string>();
  const texts = ["", "a", "ab", "abc", "b", "bc", "c", "\0\0\0\u0001a", "\0\0\0\u0000"];
  for (const realm of texts) {
    for (const purpose of texts) {
      for (const user of texts) {
        seen.add(Buffer.from(toSignedBytes({ ...base, realm, purpose, user })).toString("hex"));
      }
    }
  }
  assert.equal(seen.size, texts.length ** 3);
});

const bytes = (byte: number, length = 4) => new Uint8Array(length).fill(byte);
const messages: readonly KeyMessage[] = [
  { kind: "challenge", user: "ada", publicKey: bytes(1) },
  { kind: "answer", user: "ädä", publicKey: bytes(1), nonce: bytes(2, 32), signature: bytes(3) },
  { kind: "raw-challenge", client: bytes(4, 16) },
  { kind: "raw-answer", client: bytes(4, 16), user: "ada", publicKey: bytes(1), signature: bytes(3) },
];

test("messages come back as they were, also from a Buffer", () => {
  for (const message of messages) assert.deepEqual(parseKeyMessage(toKeyMessage(message)), message);
  const fromBuffer = toKeyMessage({ kind: "raw-challenge", client: Buffer.alloc(16, 4) });
  assert.deepEqual(parseKeyMessage(fromBuffer), messages[2]);
  const challenge = { realm: "example", nonce: bytes(5, 32) };
  assert.deepEqual(parseKeyChallenge(toKeyChallenge(challenge)), challenge);
});

test("what is no such message, lacks a member or has one too many is none", () => {
  const [challenge] = messages;
  assert.ok(challenge);
  const good = Buffer.from(toKeyMessage(challenge)).toString();
  const json = JSON.parse(good) as Readonly<Record<string, unknown>>;
  const bad = [
    "",
    "null",
    "[]",
    '"challenge"',
    "{}",
    good.slice(0, -1),
    `${good}x`,
    JSON.stringify({ ...json, kind: "answer" }),
    JSON.stringify({ ...json, kind: "constructor" }),
    JSON.stringify({ ...json, kind: ["challenge"] }),
    JSON.stringify({ ...json, more: "1" }),
    JSON.stringify({ ...json, user: undefined }),
    JSON.stringify({ ...json, user: 7 }),
    JSON.stringify({ ...json, publicKey: "AB" }),
    JSON.stringify({ ...json, publicKey: { 0: 1 } }),
    good.replace('"user"', '"__proto__"'),
    " ".repeat(8_192) + good,
  ];
  for (const text of bad) assert.equal(parseKeyMessage(Buffer.from(text)), undefined, text.trim());
  assert.equal(parseKeyMessage(Buffer.concat([Buffer.from(good), Buffer.of(0xff)])), undefined);
  assert.equal(parseKeyMessage(Buffer.from(good.replace("ada", "\xff"), "latin1")), undefined);
  assert.equal(parseKeyChallenge(Buffer.from(good)), undefined);
});
