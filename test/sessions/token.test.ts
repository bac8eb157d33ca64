import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import type { Keys } from "../../src/keys/key-ring.js";
import { sessionPrefix } from "../../src/model/session.js";
import { createTokenCodec, keyIdOf, type TokenFields, toRef } from "../../src/sessions/token.js";
import { createRandom } from "../../src/testing/random.js";

const random = createRandom(7);
const key = { id: 0x0102, secret: random.bytes(32), signsFrom: 0 };
const ring = (...known: (typeof key)[]): Pick<Keys, "find"> => ({
  find: (id) => known.find((each) => each.id === id),
});
const codec = createTokenCodec("example", ring(key));
const fields: TokenFields = {
  keyId: key.id,
  sessionId: random.bytes(16),
  generation: 0x01020304,
  issuedAt: 0x0102030405,
};
const token = codec.encode(fields) ?? "";
const bytes = Buffer.from(token.slice(4), "base64url");

test("the layout: version 1, key id 2, session id 16, generation 4, issued-at 5, HMAC-SHA-256 32", () => {
  assert.match(token, /^sps_[A-Za-z0-9_-]{80}$/);
  assert.equal(bytes.length, 60);
  assert.equal(bytes.subarray(0, 3).toString("hex"), "010102");
  assert.deepEqual(bytes.subarray(3, 19), Buffer.from(fields.sessionId));
  assert.equal(bytes.subarray(19, 28).toString("hex"), "010203040102030405");
  const label = Buffer.from("sallyport session token 1\0example\0");
  const mac = createHmac("sha256", key.secret).update(label).update(bytes.subarray(0, 28)).digest();
  assert.deepEqual(bytes.subarray(28), mac);
});

test("the key that a token names is known without the key", () => {
  assert.equal(keyIdOf(token), 0x0102);
});

test("what was written is read", () => {
  for (let times = 0; times < 200; times += 1) {
    const written: TokenFields = {
      keyId: key.id,
      sessionId: Buffer.from(random.bytes(16)),
      generation: random.pick([0, 1, 0xffff_ffff, random.int(2 ** 31)]),
      issuedAt: random.pick([0, 1, 2 ** 40 - 1, random.int(2 ** 31)]),
    };
    assert.deepEqual(codec.decode(codec.encode(written) ?? ""), written);
  }
});

test("a token with any bit flipped is refused", () => {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const decoded = codec.decode(sessionPrefix + forged.toString("base64url"));
    // Bits 8 to 23 name the key: another one, which nobody has.
    assert.equal(decoded, bit >= 8 && bit < 24 ? "unknown_key" : undefined, `bit ${bit}`);
  }
});

test("every token has one spelling: no one-character change, addition or loss is accepted", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n\0é";
  for (let at = 0; at < token.length; at += 1) {
    for (const char of alphabet) {
      if (char === token[at]) continue;
      const changed = token.slice(0, at) + char + token.slice(at + 1);
      assert.equal(typeof codec.decode(changed) === "object", false, changed);
    }
    assert.equal(codec.decode(token.slice(0, at) + token.slice(at + 1)), undefined);
    assert.equal(codec.decode(`${token.slice(0, at)}A${token.slice(at)}`), undefined);
  }
  for (const other of ["", "sps_", token.toUpperCase(), ` ${token}`, `${token}\n`, `${token}=`, token.slice(4)]) {
    assert.equal(codec.decode(other), undefined, JSON.stringify(other));
  }
});

test("a token of another realm, kind or format is refused, whose MAC is right in its own", () => {
  const others = ["other", "", "exampl", "example\0", "example2"].map((realm) => createTokenCodec(realm, ring(key)));
  for (const other of others) {
    const theirs = other.encode(fields) ?? "";
    assert.deepEqual(other.decode(theirs), { ...fields, sessionId: Buffer.from(fields.sessionId) });
    assert.equal(codec.decode(theirs), undefined);
    assert.equal(other.decode(token), undefined);
  }
  for (const label of ["sallyport ticket 1\0example\0", "sallyport session token 2\0example\0", ""]) {
    const mac = createHmac("sha256", key.secret).update(label).update(bytes.subarray(0, 28)).digest();
    const forged = Buffer.concat([bytes.subarray(0, 28), mac]).toString("base64url");
    assert.equal(codec.decode(sessionPrefix + forged), undefined, label);
  }
  const body = Buffer.from(bytes.subarray(0, 28));
  body[0] = 2;
  const label = Buffer.from("sallyport session token 1\0example\0");
  const mac = createHmac("sha256", key.secret).update(label).update(body).digest();
  assert.equal(codec.decode(sessionPrefix + Buffer.concat([body, mac]).toString("base64url")), undefined, "version 2");
});

test("a key with the same id and another secret verifies nothing", () => {
  const other = createTokenCodec("example", ring({ ...key, secret: random.bytes(32) }));
  assert.equal(other.decode(token), undefined);
});

test("a key that left the ring neither signs nor verifies, and the two are told apart from a forgery", () => {
  const empty = createTokenCodec("example", ring());
  assert.equal(empty.decode(token), "unknown_key");
  assert.equal(empty.encode(fields), undefined);
  assert.equal(codec.encode({ ...fields, generation: 2 ** 32 }), undefined);
});

test("ref is the first 128 bits of a labelled hash of the session id, and neither is part of the other", () => {
  const ref = toRef(fields.sessionId);
  const hash = createHash("sha256").update("sallyport session ref 1\0").update(fields.sessionId).digest();
  assert.equal(ref, hash.subarray(0, 16).toString("base64url"));
  assert.match(ref, /^[A-Za-z0-9_-]{22}$/);
  assert.equal(token.includes(ref), false);
});
