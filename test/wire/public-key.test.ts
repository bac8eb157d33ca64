import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { fromBigInt, toBigInt } from "../../src/wire/bytes.js";
import { p256, p384 } from "../../src/wire/curves.js";
import { readElements, readSequence, toDer, toSequence, toUnsigned } from "../../src/wire/der.js";
import { rawKeyOf, readSpki, toSpki } from "../../src/wire/public-key.js";
import { pairs, spkiOf } from "./keys.js";

const faultOf = (spki: Uint8Array): string => {
  const read = readSpki(spki);
  return "fault" in read ? read.fault : assert.fail(`${read.algorithm} was taken`);
};

for (const [algorithm, pair] of Object.entries(pairs)) {
  const spki = spkiOf(pair);

  test(`${algorithm}: a key that Node made is read as it is`, () => {
    assert.deepEqual(readSpki(spki), { algorithm, spki: Uint8Array.from(spki) });
    assert.deepEqual(toSpki(algorithm as keyof typeof pairs, rawKeyOf(spki)), Uint8Array.from(spki));
  });

  test(`${algorithm}: no other encoding of the same key is taken`, () => {
    const [sequence] = readElements(spki) ?? [];
    assert.ok(sequence);
    const { content } = sequence;
    const length = content.length;
    const others: Readonly<Record<string, Uint8Array>> = {
      "a byte behind it": Buffer.concat([spki, Buffer.of(0)]),
      "a byte too few": spki.subarray(0, -1),
      "a length in more bytes than it needs": Buffer.concat([
        Buffer.of(0x30, 0x83, 0, length >> 8, length & 0xff),
        content,
      ]),
      "an indefinite length": Buffer.concat([Buffer.of(0x30, 0x80), content, Buffer.of(0, 0)]),
      "another tag": Buffer.concat([Buffer.of(0x31), spki.subarray(1)]),
      "another element": toDer(0x30, content, toDer(0x05)),
      "parameters that do not belong there": toSequence(
        toSequence(readSequence(spki)?.[0]?.content ?? Buffer.of(), toDer(0x05)),
        toDer(0x03, Buffer.of(0), rawKeyOf(spki)),
      ),
      "an unused bit": toSequence(
        toSequence(readSequence(spki)?.[0]?.content ?? Buffer.of()),
        toDer(0x03, Buffer.of(1), rawKeyOf(spki)),
      ),
      nothing: Buffer.of(),
    };
    for (const [what, bytes] of Object.entries(others)) {
      assert.match(faultOf(bytes), /is not SubjectPublicKeyInfo in DER|must be Ed25519/, what);
    }
  });
}

test("points that are not on their curve, compressed or out of the field are refused", () => {
  for (const [name, curve] of [
    ["P-256", p256],
    ["P-384", p384],
  ] as const) {
    const point = rawKeyOf(spkiOf(pairs[name]));
    const { size, p } = curve;
    const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
    const field = Buffer.from(fromBigInt(p));
    const last = Uint8Array.from(point);
    last[last.length - 1] = (last.at(-1) ?? 0) ^ 1;
    for (const wrong of [
      last,
      Buffer.concat([Buffer.of(2 + ((y.at(-1) ?? 0) & 1)), x]),
      Buffer.concat([Buffer.of(6 + ((y.at(-1) ?? 0) & 1)), x, y]),
      Buffer.concat([Buffer.of(4), x]),
      Buffer.concat([point, Buffer.of(0)]),
      Buffer.concat([Buffer.of(4), field, y]),
      Buffer.concat([Buffer.of(4), x, field]),
      Buffer.alloc(1 + 2 * size, 0),
      Buffer.of(0),
    ]) {
      assert.equal(faultOf(toSpki(name, wrong)), `is not an uncompressed point of ${name}`);
    }
  }
  assert.match(faultOf(toSpki("P-384", rawKeyOf(spkiOf(pairs["P-256"])))), /is not an uncompressed point of P-384/);
});

// RFC 8032's curve has eight points of small order; each has one canonical y, with either sign. By hand from the curve
// equation, and in the lists of libsodium.
const smallOrder = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];
const notCanonical = [
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

test("Ed25519: points of small order, in another encoding, or not on the curve are refused", () => {
  for (const hex of [...smallOrder, ...notCanonical]) {
    const bytes = Buffer.from(hex, "hex");
    for (const sign of [0, 0x80]) {
      const signed = Uint8Array.from(bytes);
      signed[31] = (bytes[31] ?? 0) | sign;
      assert.match(faultOf(toSpki("Ed25519", signed)), /under which any signature fits/, hex);
    }
  }
  // y = 2 is on no point; half of all y are.
  assert.match(faultOf(toSpki("Ed25519", Buffer.of(2, ...Buffer.alloc(31)))), /not a point/);
  assert.match(faultOf(toSpki("Ed25519", Buffer.alloc(33, 1))), /not a point/);
  assert.match(faultOf(toSpki("Ed25519", Buffer.alloc(31, 1))), /not a point/);
});

test("RSA: too short, too long, an even modulus and unsafe exponents are refused with what to do", () => {
  const [n = Buffer.of()] = (readSequence(rawKeyOf(spkiOf(pairs.RSA))) ?? []).map((element) => element.content);
  const rsa = (modulus: Uint8Array, exponent: bigint) =>
    faultOf(toSpki("RSA", toSequence(toUnsigned(modulus), toUnsigned(fromBigInt(exponent)))));
  const small = generateKeyPairSync("rsa", { modulusLength: 2048 });
  assert.equal(faultOf(spkiOf(small)), "is RSA of 2048 bits; it needs 3072. Make another");
  assert.match(rsa(n.subarray(2), 65_537n), /is RSA of 30\d\d bits; it needs 3072/);
  assert.match(rsa(Buffer.alloc(1025, 0xff), 65_537n), /is RSA of 8200 bits; 8192 is the most/);
  assert.match(rsa(fromBigInt(toBigInt(n) + 1n), 65_537n), /even modulus/);
  for (const exponent of [0n, 1n, 2n, 3n, 35n, 65_536n, 65_538n, 2n ** 32n + 1n, 2n ** 3_071n + 1n]) {
    assert.match(rsa(n, exponent), /unsafe exponent/, String(exponent));
  }
  const negative = toSequence(toDer(0x02, n.subarray(1)), toUnsigned(fromBigInt(65_537n)));
  assert.match(faultOf(toSpki("RSA", negative)), /is not an RSA key in DER/);
});

test("other kinds of keys are refused: P-521, Ed448, X25519, RSA that is for PSS alone", () => {
  const others = [
    generateKeyPairSync("ec", { namedCurve: "P-521" }),
    generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
    generateKeyPairSync("ed448"),
    generateKeyPairSync("x25519"),
    generateKeyPairSync("rsa-pss", { modulusLength: 3072 }),
  ];
  for (const pair of others) {
    assert.equal(faultOf(spkiOf(pair)), "must be Ed25519, ECDSA on P-256 or P-384, or RSA");
  }
});

test("DSA is read, and its numbers are looked at", () => {
  const spki = spkiOf(generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }));
  assert.deepEqual(readSpki(spki), { algorithm: "DSA", spki: Uint8Array.from(spki) });
  const [identifier] = readSequence(spki) ?? [];
  assert.ok(identifier);
  for (const y of [0n, 1n]) {
    const key = toSequence(toSequence(identifier.content), toDer(0x03, Buffer.of(0), toUnsigned(fromBigInt(y))));
    assert.match(faultOf(key), /unsafe numbers/);
  }
  assert.match(faultOf(Buffer.concat([spki, Buffer.of(0)])), /is not SubjectPublicKeyInfo/);
});
