import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { HandlerContext, Verdict } from "../../src/handlers/handler.js";
import { hashPreSharedKey, type PreSharedKey, preSharedKey } from "../../src/handlers/pre-shared-key.js";
import { describeHandler } from "../../src/testing/handler-suite.js";

const context = {} as HandlerContext;
const oldKey = "r0bot_7fGh2kLmNpQrStVwXyZ3456789AbCd";
const newKey = "0f8e1d2c3b4a59687766554433221100";
const batchKey = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=";

const keys = {
  "robot-old": { key: oldKey, subject: "robot", roles: ["writer"] },
  "robot-new": { sha256: hashPreSharedKey(newKey), subject: "robot" },
  batch: { key: batchKey },
};

test("each key is its own name's identity; two keys may have one subject", () => {
  const handler = preSharedKey({ keys });
  const identityOf = (payload: string) => {
    const verdict = handler.fromHeader?.(payload, context) as Verdict;
    if (verdict.kind !== "accepted") assert.fail(verdict.kind);
    assert.match(verdict.via ?? "", /^[\w-]{43}$/);
    return { kind: verdict.kind, identity: verdict.identity };
  };
  assert.deepEqual(identityOf(oldKey), {
    kind: "accepted",
    identity: { subject: "robot", roles: ["writer"], keyName: "robot-old" },
  });
  assert.deepEqual(identityOf(newKey), {
    kind: "accepted",
    identity: { subject: "robot", roles: [], keyName: "robot-new" },
  });
  assert.deepEqual(identityOf(batchKey), {
    kind: "accepted",
    identity: { subject: "batch", roles: [], keyName: "batch" },
  });
});

test("neither the hash nor the name of a key is a key", () => {
  const handler = preSharedKey({ keys });
  for (const payload of [hashPreSharedKey(newKey), "robot-new", "batch", "__proto__"]) {
    assert.deepEqual(handler.fromHeader?.(payload, context), { kind: "rejected" });
  }
});

test("the hash is that of `printf %s KEY | sha256sum`", () => {
  assert.equal(hashPreSharedKey(newKey), "c1927a4e37a8c4b8809359640ca695182114acdcbfb24a2ee1c7be6055c83dcd");
});

test("nothing longer than a key can be is hashed", () => {
  const handler = preSharedKey({ keys });
  const flood = "a".repeat(2 ** 26);
  const before = process.cpuUsage();
  for (let round = 0; round < 5; round++) assert.deepEqual(handler.fromHeader?.(flood, context), { kind: "rejected" });
  // Hashing 5 × 64 MiB takes a second.
  assert.ok(process.cpuUsage(before).user < 100_000);
});

test("the default scheme is PSK; it opens a session and may be remembered", () => {
  const { scheme, opens, remember } = preSharedKey({ keys });
  assert.deepEqual({ scheme, opens, remember }, { scheme: "PSK", opens: "session", remember: true });
  assert.equal(preSharedKey({ scheme: "ApiKey", keys }).scheme, "ApiKey");
});

const weak: readonly [why: string, key: string][] = [
  ["a short key", "Zm9vYmFyYmF6"],
  ["31 hexadecimal digits", "0f8e1d2c3b4a5968776655443322110"],
  ["a word many times", "password1234".repeat(4)],
  ["few characters many times", `${"ab12".repeat(5)}${"ba21".repeat(9)}`],
  ["38 digits", "12345678901234567890987654321012345678"],
];
for (const [why, key] of weak) {
  test(`refuses ${why}, and does not show it`, () => {
    for (const make of [() => preSharedKey({ keys: { robot: { key } } }), () => hashPreSharedKey(key)]) {
      assert.throws(make, (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, /less than 128 bits.*openssl rand -base64 32/);
        assert.ok(!inspect(error).includes(key));
        return true;
      });
    }
  });
}

test("takes every usual form of 128 random bits", () => {
  for (const key of [
    "0f8e1d2c3b4a59687766554433221100",
    "0F8E1D2C3B4A59687766554433221100",
    "D46z8KwTQ5lnfMJxvu10pA",
    "D46z8KwTQ5lnfMJxvu10pA==",
    "q7m2x9c4v6b8n1z3l5k0j2h4g6",
    "sk_live_51H8xQpLmN0rStUvWxYz2468",
  ]) {
    assert.doesNotThrow(() => preSharedKey({ keys: { robot: { key } } }), key);
  }
});

const broken: readonly [why: string, keys: Record<string, unknown>, message: RegExp][] = [
  ["no key", {}, /at least one key/],
  ["neither key nor hash", { robot: {} }, /"robot" must have either key or sha256/],
  ["both key and hash", { robot: { key: oldKey, sha256: hashPreSharedKey(oldKey) } }, /either key or sha256/],
  ["a hash in capitals", { robot: { sha256: hashPreSharedKey(oldKey).toUpperCase() } }, /64 lower-case hexadecimal/],
  ["a key with a space", { robot: { key: `${oldKey} x` } }, /without spaces and commas/],
  ["a key with a comma", { robot: { key: `${oldKey},x` } }, /without spaces and commas/],
  ["a key beyond ASCII", { robot: { key: `${oldKey}é` } }, /visible ASCII/],
  ["a key longer than is ever hashed", { robot: { key: oldKey.repeat(20) } }, /1 to 512/],
  ["a key that is no string", { robot: { key: 7 } }, /visible ASCII/],
  ["one key under two names", { a: { key: oldKey }, b: { sha256: hashPreSharedKey(oldKey) } }, /"a" and "b" are equal/],
];
for (const [why, bad, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => preSharedKey({ keys: bad as Record<string, PreSharedKey> }), {
      code: "invalid_options",
      message,
    });
  });
}

test("refuses a subject that could not be put into a header", () => {
  assert.throws(() => preSharedKey({ keys: { "a\nb": { key: oldKey } } }), { code: "invalid_identity" });
});

describeHandler("pre-shared key", {
  create: () => preSharedKey({ keys }),
  good: [
    { payload: oldKey, subject: "robot" },
    { payload: newKey, subject: "robot" },
    { payload: batchKey, subject: "batch" },
  ],
  bad: ["", "x", `${oldKey} `, oldKey.slice(1), oldKey.toUpperCase(), `${oldKey}${newKey}`, "a".repeat(100_000)],
  secrets: [hashPreSharedKey(oldKey), hashPreSharedKey(newKey)],
  stalled: "answers at once",
});
