import assert from "node:assert/strict";
import { constants, generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import { type PublicKey, toPublicKey, verifySignature } from "../../../src/handlers/private-key/verify-signature.js";
import { concat, fromBigInt, toBigInt } from "../../../src/wire/bytes.js";
import { p256, p384 } from "../../../src/wire/curves.js";
import {
  readSequence,
  readUnsigned,
  tags,
  toDer,
  toDerSignature,
  toSequence,
  toUnsigned,
} from "../../../src/wire/der.js";
import { rawKeyOf, readSpki } from "../../../src/wire/public-key.js";
import { isFull } from "../../size.js";
import { type Pair, pairs, spkiOf } from "../../wire/keys.js";

const message = Buffer.from("what is signed");

function keyOf(pair: Pair): PublicKey {
  const read = readSpki(spkiOf(pair));
  return "fault" in read ? assert.fail(read.fault) : toPublicKey(read);
}

/** None may be taken, and every unchanged one is. */
function refuses(pair: Pair, good: Uint8Array, bad: Readonly<Record<string, Uint8Array>>): void {
  const key = keyOf(pair);
  assert.equal(verifySignature(key, message, good), true);
  for (const [what, signature] of Object.entries(bad)) {
    assert.equal(verifySignature(key, message, signature), false, what);
  }
  assert.equal(verifySignature(key, Buffer.from("what is signec"), good), false);
  assert.equal(verifySignature(key, new Uint8Array(), good), false);
  for (const [name, other] of Object.entries(pairs)) {
    if (other !== pair) assert.equal(verifySignature(keyOf(other), message, good), false, `under a key of ${name}`);
  }
}

/** The step for each bit and length; `npm test` takes a third of them, which are all eight bits of a byte in turn. */
const everywhere = isFull ? 1 : 3;

/** A bit of it turned, an end cut off, and a byte put behind it or in front; of bits and ends every `step`th. */
function mutations(good: Uint8Array, step = 1): Readonly<Record<string, Uint8Array>> {
  const all: [string, Uint8Array][] = [["nothing", new Uint8Array()]];
  for (let bit = 0; bit < good.length * 8; bit += step) {
    const turned = Uint8Array.from(good);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    all.push([`bit ${bit}`, turned]);
  }
  for (let length = 1; length < good.length; length += step)
    all.push([`${length} bytes of it`, good.subarray(0, length)]);
  for (const byte of [0, 1, 0x30, 0xff]) {
    all.push([`${byte} behind it`, concat(good, Uint8Array.of(byte))]);
    all.push([`${byte} in front`, concat(Uint8Array.of(byte), good)]);
  }
  all.push(["twice", concat(good, good)]);
  return Object.fromEntries(all);
}

const elliptic = [
  {
    name: "P-256",
    pair: pairs["P-256"],
    curve: p256,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    hash: "sha256",
  },
  {
    name: "P-384",
    pair: pairs["P-384"],
    curve: p384,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    hash: "sha384",
  },
] as const;

/** The order of Ed25519's group (RFC 8032 §5.1). */
const order25519 = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

function sideBySide(size: number, ...numbers: readonly bigint[]): Uint8Array {
  return concat(...numbers.map((number) => Buffer.from(number.toString(16).padStart(2 * size, "0"), "hex")));
}

for (const { name, pair, curve, n, hash } of elliptic) {
  describe(`ECDSA on ${name}`, () => {
    const good = Uint8Array.from(sign(hash, message, pair.privateKey));
    const [r = 0n, s = 0n] = (readSequence(good) ?? []).map((each) => toBigInt(readUnsigned(each) ?? good));
    const int = (value: bigint) => toUnsigned(fromBigInt(value));
    const raw = (...bytes: readonly number[]) => toDer(tags.integer, Uint8Array.from(bytes));
    const { p, size } = curve;
    const body = good.subarray(2);

    test("changed, cut or extended anywhere, it is refused", () => refuses(pair, good, mutations(good, everywhere)));

    test("numbers that are out of range, or another spelling of one in it, are refused", () => {
      const pairsOf: Readonly<Record<string, Uint8Array>> = {
        "r = 0": toSequence(int(0n), int(s)),
        "s = 0": toSequence(int(r), int(0n)),
        "both 0 (CVE-2022-21449)": toSequence(int(0n), int(0n)),
        "r = 1, s = 1": toSequence(int(1n), int(1n)),
        "r = n": toSequence(int(n), int(s)),
        "s = n": toSequence(int(r), int(n)),
        "both n": toSequence(int(n), int(n)),
        "r + n": toSequence(int(r + n), int(s)),
        "s + n": toSequence(int(r), int(s + n)),
        "r = p": toSequence(int(p), int(s)),
        "r − n, negative": toSequence(toDer(tags.integer, concat(Uint8Array.of(0xff), fromBigInt(r))), int(s)),
        "−1": toSequence(int(r), raw(0xff)),
        "r with a zero too many": toSequence(toDer(tags.integer, concat(Uint8Array.of(0, 0), fromBigInt(r))), int(s)),
        "s with a zero too many": toSequence(int(r), toDer(tags.integer, concat(Uint8Array.of(0, 0), fromBigInt(s)))),
        "r of no byte": toSequence(raw(), int(s)),
        "s of no byte": toSequence(int(r), raw()),
        "r of a megabyte": toSequence(toDer(tags.integer, concat(Uint8Array.of(1), new Uint8Array(60_000))), int(s)),
        "only r": toSequence(int(r)),
        "no number": toSequence(),
        "three numbers": toSequence(int(r), int(s), int(s)),
        "numbers the other way round": toSequence(int(s), int(r)),
      };
      refuses(pair, good, pairsOf);
    });

    test("BER that is not DER is refused", () => {
      const length = body.length;
      const wrap = (...head: readonly number[]) => concat(Uint8Array.from(head), body);
      const inner = (value: bigint) => concat(Uint8Array.of(0x02, 0x81, fromBigInt(value).length), fromBigInt(value));
      refuses(pair, good, {
        "a length in two bytes": wrap(0x30, 0x81, length),
        "a length in three bytes": wrap(0x30, 0x82, 0, length),
        "a length in five bytes": wrap(0x30, 0x84, 0, 0, 0, length),
        "a length of 2^32 and more": wrap(0x30, 0x85, 1, 0, 0, 0, length),
        "an indefinite length": concat(wrap(0x30, 0x80), Uint8Array.of(0, 0)),
        "a reserved length": wrap(0x30, 0xff),
        "long lengths inside": toSequence(inner(r), inner(s)),
        "a length that is one too small": concat(Uint8Array.of(0x30, length - 1), body),
        "a length that is one too large": concat(Uint8Array.of(0x30, length + 1), body),
        "a set": concat(Uint8Array.of(0x31), good.subarray(1)),
        "a primitive sequence": concat(Uint8Array.of(0x10), good.subarray(1)),
        "an application's own tag": concat(Uint8Array.of(0x70), good.subarray(1)),
        "octets instead of integers": toSequence(toDer(tags.octets, fromBigInt(r)), toDer(tags.octets, fromBigInt(s))),
        "a number inside out": toSequence(toDer(0x22, int(r)), int(s)),
        "a NULL behind the numbers": toSequence(int(r), int(s), toDer(tags.nothing)),
        "a sequence in a sequence": toSequence(good),
        "the two halves side by side (IEEE P1363)": sideBySide(size, r, s),
      });
    });

    test("over another hash it is refused", () => {
      for (const other of ["sha1", "sha224", hash === "sha256" ? "sha384" : "sha256", "sha512"]) {
        refuses(pair, good, { [other]: sign(other, message, pair.privateKey) });
      }
    });

    test("what WebCrypto writes becomes DER, whatever zeros its numbers begin with", () => {
      assert.deepEqual(toDerSignature(sideBySide(size, r, s)), good);
      for (const number of [1n, 0x7fn, 0x80n, 0xffn, 0x100n, n - 1n, n >> 8n, n >> 9n]) {
        assert.deepEqual(toDerSignature(sideBySide(size, number, s)), toSequence(int(number), int(s)));
      }
    });
  });
}

describe("Ed25519", () => {
  const pair = pairs.Ed25519;
  const good = Uint8Array.from(sign(null, message, pair.privateKey));
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  const little = (value: bigint) => concat(fromBigInt(value), new Uint8Array()).reverse();
  const pad = (bytes: Uint8Array) => concat(bytes, new Uint8Array(32 - bytes.length));
  const value = toBigInt(Uint8Array.from(s).reverse());

  test("changed, cut or extended anywhere, it is refused", () => refuses(pair, good, mutations(good, everywhere)));

  test("S that is the order or more is refused, though it is the same number (RFC 8032 §5.1.7)", () => {
    refuses(pair, good, {
      "S + L": concat(r, pad(little(value + order25519))),
      "S + 8 L": concat(r, pad(little(value + 7n * order25519))),
      "S = L": concat(r, pad(little(order25519))),
      "S of ones": concat(r, new Uint8Array(32).fill(0xff)),
      "S = 0": concat(r, new Uint8Array(32)),
      "R = 0": concat(new Uint8Array(32), s),
      "R the neutral point": concat(Uint8Array.of(1), new Uint8Array(31), s),
      "all zero": new Uint8Array(64),
      "R and S the other way round": concat(s, r),
      "in DER": toDerSignature(good),
    });
  });

  test("a key under which any message fits can be presented by nobody", () => {
    // R = the neutral point and S = 0 are a signature under a key of order 1, over whatever is signed.
    const spki = Uint8Array.from(spkiOf(pair));
    spki.set(Uint8Array.of(1), spki.length - 32);
    spki.fill(0, spki.length - 31);
    assert.ok("fault" in readSpki(spki));
  });
});

describe("RSA", () => {
  const pair = pairs.RSA;
  const pss = { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const good = Uint8Array.from(sign("sha256", message, pss));
  const modulus = readUnsigned(readSequence(rawKeyOf(spkiOf(pair)))?.[0]) ?? good;
  const number = toBigInt(good);
  const n = toBigInt(modulus);
  const sized = (value: bigint, size = good.length) => {
    const bytes = fromBigInt(value);
    return concat(new Uint8Array(Math.max(0, size - bytes.length)), bytes);
  };

  test("cut or extended anywhere, or a bit turned, it is refused", () => {
    refuses(pair, good, mutations(good, 61));
  });

  test("the padding and its numbers are pinned", () => {
    const by = (hash: string, options: object) => sign(hash, message, { key: pair.privateKey, ...options });
    refuses(pair, good, {
      "PKCS #1 v1.5": by("sha256", { padding: constants.RSA_PKCS1_PADDING }),
      "a salt of 20 bytes": by("sha256", { ...pss, saltLength: 20 }),
      "no salt": by("sha256", { ...pss, saltLength: 0 }),
      "the longest salt": by("sha256", { ...pss, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN }),
      "SHA-1": by("sha1", { ...pss, saltLength: 32 }),
      "SHA-512": by("sha512", { ...pss, saltLength: 32 }),
    });
  });

  test("numbers that are no signature are refused", () => {
    refuses(pair, good, {
      zero: sized(0n),
      one: sized(1n),
      "n − 1": sized(n - 1n),
      n: sized(n),
      "s + n": sized(number + n, good.length + 1),
      "a zero in front": concat(Uint8Array.of(0), good),
      "the message itself": concat(message, new Uint8Array(good.length - message.length)),
    });
  });
});

test("DSA: zero, the order, and BER are refused as for ECDSA", () => {
  const pair = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
  const good = Uint8Array.from(sign("sha256", message, pair.privateKey));
  const [r, s] = readSequence(good) ?? [];
  assert.ok(r && s);
  const zero = toUnsigned(new Uint8Array());
  refuses(pair, good, {
    ...mutations(good, everywhere),
    "r = 0": toSequence(zero, toDer(tags.integer, s.content)),
    "s = 0": toSequence(toDer(tags.integer, r.content), zero),
    "a long length": concat(Uint8Array.of(0x30, 0x81), good.subarray(1)),
    "SHA-1": sign("sha1", message, pair.privateKey),
  });
});
