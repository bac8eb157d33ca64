import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { Code, ConnectError } from "@connectrpc/connect";
import { AuthClient } from "../../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../../src/client/bearer/authentication-failed-error.js";
import type { PrivateKeyLogInOptions, PrivateKeySource } from "../../../src/client/key/private-key.js";
import { requirePublicKey } from "../../../src/handlers/private-key/verify-signature.js";
import { toDeephavenKeyFiles } from "../../../src/wire/deephaven-key.js";
import { toOpenSshFiles } from "../../../src/wire/open-ssh-private.js";
import { toPem } from "../../../src/wire/pem.js";
import { rawKeyOf } from "../../../src/wire/public-key.js";
import { fingerprintOf, type KeyName } from "../../handlers/private-key/key-world.js";
import { type Running, start } from "../../services/server.js";
import { lacks, pairs, pkcs8Of, run, spkiOf } from "../../wire/keys.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-client-"));
let server: Running;

describe("client/key/private-key", () => {
  before(async () => {
    server = await start();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await server.close();
  });

  const connect = () => new AuthClient({ baseUrl: server.origin, keepAliveMs: 0 });
  const enrol = (name: KeyName) => server.enrolled.set("ada", fingerprintOf(pairs[name]));

  async function subjectOf(key: PrivateKeySource, options?: PrivateKeyLogInOptions): Promise<string | undefined> {
    const client = connect();
    const caller = await client.privateKey(key, options);
    assert.equal((await client.whoAmI()).caller?.identity?.subject, caller?.identity?.subject);
    await client.close();
    return caller?.identity?.subject;
  }

  const ada = { user: "ada" };
  const { subtle } = globalThis.crypto;

  for (const name of Object.keys(pairs) as KeyName[]) {
    const { privateKey } = pairs[name];

    test(`${name}: PEM and JWK, as text and as a Blob, log in`, async () => {
      enrol(name);
      const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
      const jwk = privateKey.export({ format: "jwk" });
      for (const source of [
        pem,
        `\n${pem.replaceAll("\n", "\r\n")}`,
        new Blob([pem]),
        JSON.stringify(jwk),
        JSON.stringify({ ...jwk, kid: "1", use: "enc", alg: "other", key_ops: ["decrypt"], ext: false }),
      ]) {
        assert.equal(await subjectOf(source, ada), "ada");
      }
    });

    for (const prf of ["hmacWithSHA256", "hmacWithSHA512"]) {
      test(`${name}: PEM that openssl encrypted with ${prf} logs in by its passphrase`, {
        skip: lacks("openssl"),
      }, async () => {
        enrol(name);
        const pem = privateKey.export({ type: "pkcs8", format: "pem" });
        const cipher = ["-v2", prf.endsWith("512") ? "aes-128-cbc" : "aes-256-cbc", "-v2prf", prf];
        const locked = String(run("openssl", ["pkcs8", "-topk8", ...cipher, "-passout", "pass:pässword"], String(pem)));
        assert.match(locked, /BEGIN ENCRYPTED PRIVATE KEY/);
        assert.equal(await subjectOf(locked, { ...ada, passphrase: "pässword" }), "ada");
        const wrong = await refusal(locked, { ...ada, passphrase: "password" });
        assert.match(
          wrong.rawMessage,
          /^the private key does not open with this passphrase$|is damaged|must be Ed25519/,
        );
        assert.match((await refusal(locked, ada)).rawMessage, /is encrypted: \{ passphrase \}/);
      });
    }
  }

  for (const [name, type] of [
    ["Ed25519", ["-t", "ed25519"]],
    ["P-256", ["-t", "ecdsa", "-b", "256"]],
    ["P-384", ["-t", "ecdsa", "-b", "384"]],
    ["RSA", ["-t", "rsa", "-b", "3072"]],
  ] as const) {
    test(`${name}: a key that ssh-keygen made logs in`, { skip: lacks("ssh-keygen") }, async () => {
      const file = join(folder, name);
      run("ssh-keygen", [...type, "-q", "-N", "", "-f", file]);
      server.enrolled.set("ada", requirePublicKey(readFileSync(`${file}.pub`, "utf8")).fingerprint);
      assert.equal(await subjectOf(readFileSync(file, "utf8"), ada), "ada");
    });
  }

  /** The part of a WebCrypto pair that is looked at. */
  type Pair = Extract<PrivateKeySource, { readonly publicKey: unknown }>;

  async function generate(algorithm: object, extractable: boolean): Promise<Pair> {
    const pair = (await subtle.generateKey(algorithm as { name: string }, extractable, [
      "sign",
      "verify",
    ])) as unknown as Pair;
    const spki = Buffer.from(await subtle.exportKey("spki", pair.publicKey));
    server.enrolled.set("ada", requirePublicKey(spki.toString("base64")).fingerprint);
    return pair;
  }

  for (const [name, algorithm] of [
    ["Ed25519", { name: "Ed25519" }],
    ["P-256", { name: "ECDSA", namedCurve: "P-256" }],
    ["P-384", { name: "ECDSA", namedCurve: "P-384" }],
    ["RSA", { name: "RSA-PSS", hash: "SHA-256", modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) }],
  ] as const) {
    test(`${name}: keys of WebCrypto log in: a pair that no script can read, and one key that can be exported`, async () => {
      assert.equal(await subjectOf(await generate(algorithm, false), ada), "ada");
      assert.equal(await subjectOf((await generate(algorithm, true)).privateKey, ada), "ada");
    });
  }

  const ec = pairs["P-256"];
  const deephaven = (operateAs = "ada") =>
    toDeephavenKeyFiles({ user: "ada", operateAs, spki: spkiOf(ec), pkcs8: pkcs8Of(ec) }).privateFile;

  test("a Deephaven key file names its user", async () => {
    enrol("P-256");
    assert.equal(await subjectOf(deephaven()), "ada");
    await assert.rejects(connect().privateKey(deephaven(), { user: "bob" }), AuthenticationFailedError);
  });

  test("whom a key file says to operate as is asked for, and the server's policy decides", async () => {
    enrol("P-256");
    const error = await refusal(deephaven("bob"));
    assert.ok(error instanceof AuthenticationFailedError, "a refused log-in, though the key was right");
    assert.equal(error.metadata.get("sallyport-reason"), "operate_as_refused");
    assert.equal(await subjectOf(deephaven("bob"), { operateAs: "ada" }), "ada");
  });

  async function refusal(key: PrivateKeySource, options?: PrivateKeyLogInOptions): Promise<ConnectError> {
    const error = await connect()
      .privateKey(key, options)
      .then(
        () => assert.fail("logged in"),
        (reason: unknown) => reason,
      );
    assert.ok(error instanceof ConnectError);
    return error;
  }

  describe("a key that cannot be used is refused before anything is sent, with what is wrong", () => {
    const pem = toPem("PRIVATE KEY", pkcs8Of(ec));
    const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
    const weak = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const locked = ec.privateKey.export({ type: "pkcs8", format: "pem", cipher: "des-ede3-cbc", passphrase: "x" });
    const legacy = ec.privateKey.export({ type: "sec1", format: "pem" });
    const rows: readonly [why: string, source: string, options: PrivateKeyLogInOptions, message: RegExp][] = [
      ["nobody's name", pem, {}, /names no user; give one: \{ user \}/],
      ["nothing", "", ada, /in no format that is read here: a Deephaven key file, PEM, JWK or OpenSSH/],
      ["a path", "/home/ada/.ssh/id_ed25519", ada, /in no format/],
      ["half of PEM", pem.slice(0, -30), ada, /in no format/],
      ["a public key", toPem("PUBLIC KEY", spkiOf(ec)), ada, /PEM with the label PUBLIC KEY/],
      ["PEM of an older kind", String(legacy), ada, /label EC PRIVATE KEY. Convert it: openssl pkcs8 -topk8 -nocrypt/],
      ["an old cipher", String(locked), { ...ada, passphrase: "x" }, /encrypted in a way that is not read here/],
      ["a damaged key", toPem("PRIVATE KEY", pkcs8Of(ec).fill(1, 40, 60)), ada, /is damaged|two halves|must be/],
      [
        "what is no key",
        toPem("PRIVATE KEY", Buffer.of(0x30, 0)),
        ada,
        /must be Ed25519, ECDSA on P-256 or P-384, or RSA/,
      ],
      ["short RSA", toPem("PRIVATE KEY", pkcs8Of(weak)), ada, /is RSA of 2048 bits; it needs 3072/],
      ["DSA", toPem("PRIVATE KEY", pkcs8Of(dsa)), ada, /is DSA.*sallyport keygen/],
      ["JSON that is none", "{", ada, /is no JSON/],
      ["a public JWK", JSON.stringify(ec.publicKey.export({ format: "jwk" })), ada, /is no private JWK/],
      ["a shared JWK", '{"kty":"oct","k":"AAAA"}', ada, /must be a JWK of kty OKP/],
      ["a file without a line", deephaven().replace("operateas ada\n", ""), {}, /file has no line operateas/],
      ["two halves of two keys", mixed(), {}, /file has two halves that do not belong together/],
      [
        "OpenSSH's own format with a piece missing",
        opensshWithoutEnd(),
        ada,
        /is damaged, or of a kind that is not taken|is damaged/,
      ],
    ];
    for (const [why, source, options, message] of rows) {
      test(why, async () => {
        const error = await refusal(source, options);
        assert.equal(error.code, Code.InvalidArgument);
        assert.match(error.rawMessage, /^the private key /);
        assert.match(error.rawMessage, message);
        assert.ok(!inspect(error, { depth: 9 }).includes(pkcs8Of(ec).toString("base64").slice(40, 60)));
      });
    }

    function mixed(): string {
      const other = toDeephavenKeyFiles({
        user: "ada",
        operateAs: "ada",
        spki: spkiOf(pairs["P-384"]),
        pkcs8: pkcs8Of(ec),
      });
      return other.privateFile;
    }

    function opensshWithoutEnd(): string {
      const { privateFile } = toOpenSshFiles({
        algorithm: "P-256",
        point: rawKeyOf(spkiOf(ec)),
        secret: Buffer.alloc(32, 1),
        comment: "",
        check: Buffer.alloc(4),
      });
      const [begin = "", ...lines] = privateFile.trim().split("\n");
      return [begin, ...lines.slice(0, 2), lines.at(-1)].join("\n");
    }

    test("WebCrypto keys of another kind, and one that does not show its public half", async () => {
      const pss = { name: "RSA-PSS", hash: "SHA-512", modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };
      const { privateKey: other } = (await subtle.generateKey(pss, false, ["sign", "verify"])) as unknown as Pair;
      assert.match(
        (await refusal(other, ada)).rawMessage,
        /must be a private key of WebCrypto: .*RSA-PSS with SHA-256/,
      );
      const pair = await generate({ name: "Ed25519" }, false);
      assert.match((await refusal(pair.publicKey, ada)).rawMessage, /must be a private key of WebCrypto/);
      assert.match((await refusal(pair.privateKey, ada)).rawMessage, /give the pair: \{ privateKey, publicKey \}/);
    });
  });

  test("a key that is not enrolled, or another user's, is an authentication failure and nothing else", async () => {
    enrol("P-256");
    const pem = toPem("PRIVATE KEY", pkcs8Of(ec));
    for (const user of ["bob", "nobody", ""]) {
      await assert.rejects(connect().privateKey(pem, { user }), AuthenticationFailedError);
    }
    const away = new AuthClient({ baseUrl: "http://127.0.0.1:1" });
    const error: unknown = await away.privateKey(pem, ada).catch((reason: unknown) => reason);
    assert.ok(error instanceof ConnectError && !(error instanceof AuthenticationFailedError));
  });

  test("nothing is signed for another realm than the one that was expected", async () => {
    enrol("P-256");
    const error = await refusal(deephaven(), { realm: "production" });
    assert.equal(error.code, Code.FailedPrecondition);
    assert.match(error.rawMessage, /its realm is "sallyport"; nothing was signed for it/);
    assert.equal(await subjectOf(deephaven(), { realm: "sallyport" }), "ada");
  });

  test("when the session has ended it logs in again by the same key, until it is closed", async () => {
    enrol("P-256");
    const client = connect();
    await client.privateKey(deephaven());
    const first = (await client.whoAmI()).session?.ref ?? "";
    await server.auth.sessions.end(first);
    const second = (await client.whoAmI()).session?.ref;
    assert.ok(second !== undefined && second !== first);

    server.enrolled.delete("ada");
    await server.auth.sessions.end(second);
    await assert.rejects(client.whoAmI(), AuthenticationFailedError);
    enrol("P-256");
    await assert.rejects(client.whoAmI(), ConnectError, "what was refused once is not tried again");

    await client.privateKey(deephaven());
    await client.close();
    await assert.rejects(client.whoAmI(), ConnectError);
  });

  test("a bound session opens by a key too, with one challenge", async () => {
    enrol("P-256");
    const client = new AuthClient({ baseUrl: server.origin, keepAliveMs: 0, bind: true });
    await client.privateKey(deephaven());
    assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
    await client.close();
  });

  test("neither the client nor its refusal shows the key", async () => {
    enrol("P-256");
    const client = connect();
    await client.privateKey(deephaven());
    const { d = "" } = ec.privateKey.export({ format: "jwk" });
    const shown = inspect(client, { depth: 9, showHidden: true });
    assert.ok(!shown.includes(d.slice(0, 20)) && !shown.includes(pkcs8Of(ec).toString("base64").slice(60, 90)));
    await client.close();
  });
});
