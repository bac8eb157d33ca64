import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { fromBase64, fromBase64url, toBase64, toBase64url } from "../../src/wire/bytes.js";
import { parseDeephavenKeyFile, toDeephavenKeyFiles } from "../../src/wire/deephaven-key.js";
import { readOpenSshPrivateKey, toOpenSshFiles } from "../../src/wire/open-ssh-private.js";
import { parsePublicKey } from "../../src/wire/parse-public-key.js";
import { parsePem, toPem } from "../../src/wire/pem.js";
import { algorithmOfPkcs8 } from "../../src/wire/pkcs8.js";
import { rawKeyOf } from "../../src/wire/public-key.js";
import { lacks, pairs, pkcs8Of, run, spkiOf } from "./keys.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-formats-"));
after(() => rmSync(folder, { recursive: true }));

const sshTypes = {
  Ed25519: ["-t", "ed25519"],
  "P-256": ["-t", "ecdsa", "-b", "256"],
  "P-384": ["-t", "ecdsa", "-b", "384"],
  RSA: ["-t", "rsa", "-b", "3072"],
} as const;

for (const [algorithm, pair] of Object.entries(pairs)) {
  const spki = spkiOf(pair);
  const wanted = { algorithm, spki: Uint8Array.from(spki) };
  const base64 = spki.toString("base64");

  test(`${algorithm}: PEM, JWK and base64 of SPKI are one key`, () => {
    const pem = String(pair.publicKey.export({ type: "spki", format: "pem" }));
    const jwk = pair.publicKey.export({ format: "jwk" });
    for (const text of [pem, pem.replaceAll("\n", "\r\n"), `\n${pem}\n`, JSON.stringify(jwk), base64, ` ${base64}\n`]) {
      assert.deepEqual(parsePublicKey(text), wanted);
    }
    assert.deepEqual(parsePublicKey(JSON.stringify({ ...jwk, kid: "1", use: "sig", alg: "any" })), wanted);
    assert.equal(toPem("PUBLIC KEY", spki), pem);
  });

  test(`${algorithm}: a private key in a public slot is refused in any format, and not shown`, () => {
    const jwk = pair.privateKey.export({ format: "jwk" });
    const pkcs8 = pkcs8Of(pair).toString("base64");
    const files = toDeephavenKeyFiles({ user: "ada", operateAs: "ada", spki, pkcs8: pkcs8Of(pair) });
    const texts = [
      String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
      `${toPem("PUBLIC KEY", spki)}${toPem("EC PRIVATE KEY", pkcs8Of(pair))}`,
      toPem("OPENSSH PRIVATE KEY", spki),
      JSON.stringify(jwk),
      pkcs8,
      toBase64(Buffer.concat([Buffer.from("EC:"), pkcs8Of(pair)])),
      files.privateFile,
    ];
    for (const text of texts) {
      const read = parsePublicKey(text);
      assert.match("fault" in read ? read.fault : "taken", /^is a private key: keep it secret/);
      assert.ok(!inspect(read).includes(pkcs8.slice(40, 60)) && !inspect(read).includes(String(jwk.d).slice(0, 20)));
    }
  });

  test(`${algorithm}: what ssh-keygen makes is read, both halves`, { skip: lacks("ssh-keygen") }, () => {
    const file = join(folder, `ssh-${algorithm}`);
    run("ssh-keygen", [...sshTypes[algorithm as keyof typeof sshTypes], "-q", "-N", "", "-C", "a comment", "-f", file]);
    const line = readFileSync(`${file}.pub`, "utf8");
    const read = parsePublicKey(line);
    assert.ok(!("fault" in read));
    assert.equal(read.algorithm, algorithm);
    assert.deepEqual(parsePublicKey(line.replace(" a comment", "").replace(" ", " \t ")), read);

    const block = parsePem(readFileSync(file, "utf8"));
    assert.equal(block?.label, "OPENSSH PRIVATE KEY");
    const half = readOpenSshPrivateKey(block.der);
    assert.ok("pkcs8" in half);
    assert.equal(algorithmOfPkcs8(half.pkcs8), algorithm);
    const key = createPrivateKey({ key: Buffer.from(half.pkcs8), format: "der", type: "pkcs8" });
    assert.deepEqual(spkiOf({ privateKey: key, publicKey: createPublicKey(key) }), Buffer.from(read.spki));

    run("ssh-keygen", ["-p", "-q", "-N", "a passphrase", "-P", "", "-f", file]);
    const locked = readOpenSshPrivateKey(parsePem(readFileSync(file, "utf8"))?.der ?? assert.fail("is no PEM"));
    assert.match("fault" in locked ? locked.fault : "read", /has a passphrase.*ssh-keygen -p -N ""/);
  });
}

for (const algorithm of ["P-256", "P-384", "RSA"] as const) {
  test(`${algorithm}: ssh-keygen's own conversion gives the same key`, { skip: lacks("ssh-keygen") }, () => {
    const file = join(folder, `converted-${algorithm}`);
    run("ssh-keygen", [...sshTypes[algorithm], "-q", "-N", "", "-f", file]);
    const theirs = parsePublicKey(String(run("ssh-keygen", ["-e", "-m", "PKCS8", "-f", file])));
    assert.equal("algorithm" in theirs && theirs.algorithm, algorithm);
    assert.deepEqual(parsePublicKey(readFileSync(`${file}.pub`, "utf8")), theirs);
  });
}

for (const algorithm of ["Ed25519", "P-256", "P-384"] as const) {
  test(`${algorithm}: ssh-keygen reads what is written for it`, { skip: lacks("ssh-keygen") }, () => {
    const pair = pairs[algorithm];
    const { d = "" } = pair.privateKey.export({ format: "jwk" });
    const file = join(folder, `own-${algorithm}`);
    const { privateFile, publicFile } = toOpenSshFiles({
      algorithm,
      point: rawKeyOf(spkiOf(pair)),
      secret: Buffer.from(d, "base64url"),
      comment: "ada",
      check: Buffer.of(1, 2, 3, 4),
    });
    writeFileSync(file, privateFile, { mode: 0o600 });
    assert.equal(String(run("ssh-keygen", ["-y", "-f", file])), publicFile);
    assert.match(String(run("ssh-keygen", ["-l", "-f", file])), / ada \(/);
    assert.deepEqual(parsePublicKey(publicFile), { algorithm, spki: Uint8Array.from(spkiOf(pair)) });
  });
}

test("keys that ssh-keygen makes and nobody should use are refused with what to use", {
  skip: lacks("ssh-keygen"),
}, () => {
  for (const [type, message] of [
    [["-t", "rsa", "-b", "2048"], /is RSA of 2048 bits; it needs 3072/],
    [["-t", "ecdsa", "-b", "521"], /must be ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa/],
  ] as const) {
    const file = join(folder, `weak-${type[1]}`);
    run("ssh-keygen", [...type, "-q", "-N", "", "-f", file]);
    const read = parsePublicKey(readFileSync(`${file}.pub`, "utf8"));
    assert.match("fault" in read ? read.fault : "taken", message);
  }
});

test("a line of OpenSSH whose name, curve or length do not fit is refused", () => {
  const { publicFile } = toOpenSshFiles({
    algorithm: "P-256",
    point: rawKeyOf(spkiOf(pairs["P-256"])),
    secret: Buffer.alloc(32, 1),
    comment: "",
    check: Buffer.alloc(4),
  });
  const [name = "", base64 = ""] = publicFile.trim().split(" ");
  const blob = Buffer.from(base64, "base64");
  const at = blob.lastIndexOf("nistp256");
  const otherCurve = Buffer.concat([blob.subarray(0, at), Buffer.from("nistp384"), blob.subarray(at + 8)]);
  const longer = Buffer.concat([blob, Buffer.of(0)]);
  const overlong = Buffer.from(blob);
  overlong[0] = 0xff;
  for (const [text, message] of [
    [`ssh-ed25519 ${base64}`, /of another kind than its name/],
    [`ecdsa-sha2-nistp384 ${base64}`, /of another kind than its name/],
    [`${name} ${otherCurve.toString("base64")}`, /damaged/],
    [`${name} ${longer.toString("base64")}`, /damaged/],
    [`${name} ${overlong.toString("base64")}`, /of another kind/],
    [`${name} ${base64.slice(0, -8)}`, /damaged/],
    [`${name} ${base64.slice(0, -3)}`, /no base64/],
    [name, /of another kind|no base64/],
    [`sk-ssh-ed25519@openssh.com ${base64}`, /of another kind/],
  ] as const) {
    const read = parsePublicKey(text);
    assert.match("fault" in read ? read.fault : "taken", message, text);
  }
});

test("what is no key is refused with what would be one", () => {
  const pem = toPem("PUBLIC KEY", spkiOf(pairs.Ed25519));
  for (const [text, message] of [
    ["", /in no format that is read here: PEM, JWK, OpenSSH, or base64 of SPKI/],
    ["hello", /in no format/],
    ["aGVsbG8=", /is not SubjectPublicKeyInfo/],
    [toPem("CERTIFICATE", Buffer.from("x")), /label CERTIFICATE.*openssl x509/],
    [toPem("RSA PUBLIC KEY", Buffer.from("x")), /label RSA PUBLIC KEY; it must be PUBLIC KEY/],
    [`${pem}${pem}`, /no PEM of one block/],
    [pem.replace("END", "FIN"), /no PEM/],
    [pem.replace("\n", "\nProc-Type: 4\n\n"), /no PEM/],
    [`x${pem}`, /in no format/],
    ["{", /no JSON/],
    ["{}", /must be a JWK of kty OKP/],
    ['{"kty":"oct","k":"AAAA"}', /must be a JWK/],
    ['{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}', /must be a JWK/],
    ['{"kty":"EC","crv":"P-256","x":"AA"}', /missing or no base64url/],
    ['{"kty":"EC","crv":"P-256","x":"AA","y":"AAAA"}', /missing or no base64url/],
    ['{"kty":"OKP","crv":"Ed25519","x":"A+=="}', /missing or no base64url/],
    ['{"kty":"OKP","crv":"Ed25519","x":7}', /missing or no base64url/],
    ['{"kty":"RSA","n":"AA"}', /missing or no base64url/],
    ["RUM6AAAA", /is not SubjectPublicKeyInfo/],
    [toBase64(Buffer.concat([Buffer.from("EC:"), spkiOf(pairs.Ed25519)])), /says EC: and is Ed25519/],
  ] as const) {
    const read = parsePublicKey(text);
    assert.match("fault" in read ? read.fault : "taken", message, text);
  }
});

const ec = pairs["P-256"];
const files = toDeephavenKeyFiles({ user: "ada", operateAs: "bob", spki: spkiOf(ec), pkcs8: pkcs8Of(ec) });

test("a Deephaven key file: its lines in any order, with comments, CR LF and words behind the values", () => {
  const [user, operateas, publicLine, privateLine] = files.privateFile.trim().split("\n");
  const wanted = {
    user: "ada",
    operateAs: "bob",
    publicKey: { der: Uint8Array.from(spkiOf(ec)), hasSentinel: true },
    privateKey: { der: Uint8Array.from(pkcs8Of(ec)), hasSentinel: true },
  };
  assert.match(files.privateFile, /^user ada\noperateas bob\npublic RUM6\S+\nprivate RUM6\S+\n$/);
  for (const text of [
    files.privateFile,
    [privateLine, publicLine, operateas, user].join("\r\n"),
    `# made for ada\n\n  ${user}  # who\n\t${operateas}\n${publicLine} and more\n${privateLine}# end`,
  ]) {
    assert.deepEqual(parseDeephavenKeyFile(text), wanted);
  }
  assert.match(files.publicFile, /^ada RUM6\S+\n$/);
  assert.deepEqual(parsePublicKey(files.publicFile.split(" ")[1] ?? ""), {
    algorithm: "P-256",
    spki: Uint8Array.from(spkiOf(ec)),
  });
});

test("a Deephaven key file with a fault is refused by its line, and no part of the key is shown", () => {
  const { privateFile } = files;
  const secret = pkcs8Of(ec).toString("base64").slice(40, 60);
  for (const [text, message] of [
    ["", /has no line user/],
    [privateFile.replace("operateas bob\n", ""), /has no line operateas/],
    [privateFile.replace("user ada", "user"), /has no value in line 1/],
    [privateFile.replace("user ada", "user # ada"), /has no value in line 1/],
    [`${privateFile}user eve\n`, /a second user in line 5/],
    [privateFile.replace("operateas", "operate_as"), /begins line 2 with a word other than user, operateas/],
    [privateFile.replace("User", "USER").replace("user", "User"), /begins line 1 with a word other/],
    [privateFile.replace("public RUM6", "public RUM-"), /a public value that is not base64/],
    [privateFile.replace("private RUM6", "private RUM-"), /a private value that is not base64/],
  ] as const) {
    const read = parseDeephavenKeyFile(text);
    assert.match("fault" in read ? read.fault : "taken", message);
    assert.ok(!inspect(read).includes(secret));
  }
});

test("a DSA key of an old Deephaven file is read, without a sentinel", () => {
  const pair = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
  const read = parsePublicKey(spkiOf(pair).toString("base64"));
  assert.equal("algorithm" in read && read.algorithm, "DSA");
  const old = `user ada\noperateas ada\npublic ${spkiOf(pair).toString("base64")}\nprivate ${pkcs8Of(pair).toString("base64")}\n`;
  const file = parseDeephavenKeyFile(old);
  assert.ok("user" in file && !file.publicKey.hasSentinel && !file.privateKey.hasSentinel);
  assert.equal(algorithmOfPkcs8(file.privateKey.der), "DSA");
});

test("base64 has one spelling, in both alphabets", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length * 11) & 0xff);
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
    assert.equal(toBase64url(bytes), Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
  }
  for (const text of ["A", "AA", "AA=", "AB==", "AAB=", "AA==AA==", "A A=", "AA==\n", "A-==", "====", "é==="]) {
    assert.equal(fromBase64(text), undefined, text);
  }
  for (const text of ["A", "AA==", "AB", "AAB", "A+", "A A", "AAAAA"])
    assert.equal(fromBase64url(text), undefined, text);
});

test("the openssl command reads the PEM that is written, and writes what is read", { skip: lacks("openssl") }, () => {
  const made = run("openssl", ["genpkey", "-algorithm", "ed25519"]);
  const theirs = String(run("openssl", ["pkey", "-pubout"], made));
  const read = parsePublicKey(theirs);
  assert.ok(!("fault" in read));
  assert.equal(toPem("PUBLIC KEY", read.spki), theirs);
  const block = parsePem(String(made));
  assert.deepEqual([block?.label, block && algorithmOfPkcs8(block.der)], ["PRIVATE KEY", "Ed25519"]);
  assert.equal(String(run("openssl", ["pkey", "-pubout"], toPem("PRIVATE KEY", block?.der ?? Buffer.of()))), theirs);
});
