import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { authorizedKeys } from "../../../src/handlers/private-key/authorized-keys.js";
import { parseAuthorizedKeys } from "../../../src/handlers/private-key/authorized-keys-format.js";
import { type PublicKey, requirePublicKey } from "../../../src/handlers/private-key/verify-signature.js";
import { toOpenSshKey } from "../../../src/wire/open-ssh.js";
import { toPem } from "../../../src/wire/pem.js";
import { rawKeyOf } from "../../../src/wire/public-key.js";
import { lacks, type Pair, pairs, pkcs8Of, run, spkiOf } from "../../wire/keys.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-keys-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(text: string, path: string = join(folder, `keys-${++files}`)): string {
  writeFileSync(path, text);
  return path;
}

const keyOf = (pair: Pair): PublicKey => requirePublicKey(spkiOf(pair).toString("base64"));
function sshLine(name: "Ed25519" | "P-256" | "P-384", pair: Pair = pairs[name]): string {
  const { name: kind, blob } = toOpenSshKey(name, rawKeyOf(spkiOf(pair)));
  return `${kind} ${Buffer.from(blob).toString("base64")}`;
}
const bare = (pair: Pair): string => spkiOf(pair).toString("base64");
const deephaven = (pair: Pair): string => Buffer.concat([Buffer.from("EC:"), spkiOf(pair)]).toString("base64");
const ed = keyOf(pairs.Ed25519);
const ec = keyOf(pairs["P-256"]);
const rsa = keyOf(pairs.RSA);

const rules = { source: "keys", allowLegacyDsa: false };

test("each line is a user, options if any, a key in any format of one line, and a comment", () => {
  const text = `# who may log in
ada   ${sshLine("Ed25519")} laptop
ada roles="admin,user" ${deephaven(pairs["P-256"])} # as in pub-ada.base64.txt\r
\t
bob\t${bare(pairs.RSA)}
`;
  const keys = parseAuthorizedKeys(text, rules);
  const facts = (user: string, key: PublicKey) => {
    const found = keys.find(user, key);
    return found && [found.name, ...found.roles];
  };
  assert.deepEqual(facts("ada", ed), ["ada"]);
  assert.deepEqual(facts("ada", ec), ["ada", "admin", "user"]);
  assert.deepEqual(facts("bob", rsa), ["bob"]);
  assert.deepEqual(facts(" ＡＤＡ ", ed), ["ada"]);
  for (const [user, key] of [
    ["bob", ed],
    ["bob", ec],
    ["ada", rsa],
    ["", ed],
    ["eve", ed],
    ["__proto__", ed],
  ] as const) {
    assert.equal(keys.find(user, key), undefined);
  }
});

test("a key may be several people's", () => {
  const keys = parseAuthorizedKeys(`ada ${sshLine("Ed25519")}\nbob ${bare(pairs.Ed25519)}\n`, rules);
  assert.deepEqual([keys.find("ada", ed)?.name, keys.find("bob", ed)?.name], ["ada", "bob"]);
});

test("a file as OpenSSH has it is one user's", () => {
  const owner = { name: "Ada", roles: ["user"] };
  const text = `no-pty,expiry-time="20300101Z" ${sshLine("Ed25519")} ada@laptop\nroles="admin" ${sshLine("P-256")}\n`;
  const keys = parseAuthorizedKeys(text, { ...rules, owner });
  assert.deepEqual(keys.find("ada", ed)?.roles, ["user"]);
  assert.equal(keys.find("ada", ed)?.expiresAt, Date.UTC(2030, 0, 1));
  assert.deepEqual(keys.find("ada", ec)?.roles, ["admin"]);
});

test("what ssh-keygen and cat put into a file is read", { skip: lacks("ssh-keygen") }, () => {
  const file = join(folder, "id");
  run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ada with, commas = and more", "-f", file]);
  const line = readFileSync(`${file}.pub`, "utf8");
  assert.equal(parseAuthorizedKeys(`ada ${line}`, rules).find("ada", requirePublicKey(line))?.name, "ada");
});

test("expiry-time is in UTC with a Z and in the zone of the machine without", () => {
  for (const [text, wanted] of [
    ["20300102Z", Date.UTC(2030, 0, 2)],
    ["203001021530Z", Date.UTC(2030, 0, 2, 15, 30)],
    ["20300102153059Z", Date.UTC(2030, 0, 2, 15, 30, 59)],
    ["20300102", new Date(2030, 0, 2).getTime()],
    ["203001021530", new Date(2030, 0, 2, 15, 30).getTime()],
    ["20280229Z", Date.UTC(2028, 1, 29)],
  ] as const) {
    const keys = parseAuthorizedKeys(`ada expiry-time="${text}" ${bare(pairs.RSA)}`, rules);
    assert.equal(keys.find("ada", rsa)?.expiresAt, wanted, text);
  }
});

test("options about shells say nothing here", () => {
  const options =
    'restrict,no-pty,no-port-forwarding,No-X11-Forwarding,no-agent-forwarding,no-user-rc,pty,permitopen="a:1",PermitOpen="b:2",permitlisten="1",permitlisten="2"';
  assert.ok(parseAuthorizedKeys(`ada ${options} ${bare(pairs.RSA)}`, rules).find("ada", rsa));
});

const weak = generateKeyPairSync("rsa", { modulusLength: 2048 });
const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
const privateText = pkcs8Of(pairs["P-256"]).toString("base64");
const good = sshLine("Ed25519");
const broken: readonly [why: string, text: string, message: RegExp][] = [
  ["no key", "# nobody\n", /^keys holds no key. Add a line such as: ada ssh-ed25519/],
  ["a line without a user", `ada ${good}\n${good}\n`, /^keys, line 2: must begin with the name of a user/],
  ["a line of a user and nothing else", "ada\n", /^keys, line 1: has no key behind its first word/],
  ["a line of a private key", `${privateText.slice(0, 64)}\n`, /^keys, line 1: has no key behind its first word/],
  [
    "a piece of a private key",
    `ada ${privateText.slice(20, 70).replace(/\W/g, "x")} ${good}\n`,
    /^keys, line 1: the option that is not name/,
  ],
  ["options and no key", 'ada roles="x"\n', /^keys, line 1: has no key behind its first word/],
  ["options in front of the user", `roles="x" ada ${good}\n`, /must begin with the name of a user/],
  ["a control character in a name", `a\u0007b ${good}\n`, /must begin with the name of a user/],
  ["a name longer than a subject", `${"a".repeat(257)} ${good}\n`, /1 to 256 characters/],
  [
    "the same key of a user twice",
    `ada ${good}\n\nADA ${good}\n`,
    /spelled "ada" in line 1; give all lines one spelling/,
  ],
  ["one key in two formats", `ada ${good}\nada ${bare(pairs.Ed25519)}\n`, /line 2: this key is in line 1 already/],
  ["two spellings of a name", `ada ${good}\nAda ${sshLine("P-256")}\n`, /line 2: this user is spelled "ada" in line 1/],
  ["a private key", `ada ${privateText}\n`, /line 1: the key is a private key: keep it secret/],
  ["a key that is cut off", `ada ${good.slice(0, -8)}\n`, /line 1: the key is damaged/],
  ["a short RSA key", `ada ${bare(weak)}\n`, /line 1: the key is RSA of 2048 bits; it needs 3072/],
  [
    "an old DSA key",
    `ada ${bare(dsa)}\n`,
    /line 1: the key is DSA, which is no longer safe; make another, or say allowLegacyDsa/,
  ],
  ["a certificate authority", `ada cert-authority ${good}\n`, /cert-authority is not taken.*line of its own/],
  ["a command", `ada command="ls" ${good}\n`, /the option "command" is not understood. Remove it, or the line/],
  ["a place", `ada from="10.0.0.0/8" ${good}\n`, /the option "from" is not understood/],
  ["an option that is no option", `ada a=b ${good}\n`, /is not understood/],
  ["an option twice", `ada roles="a",roles="b" ${good}\n`, /the option roles is there twice/],
  ["no role", `ada roles="" ${good}\n`, /roles must be such as/],
  ["a bad role", `ada roles="a, b" ${good}\n`, /roles must be such as/],
  ["a day that is none", `ada expiry-time="20300231Z" ${good}\n`, /expiry-time must be "YYYYMMDD"/],
  ["an hour that is none", `ada expiry-time="203001012400Z" ${good}\n`, /expiry-time must be/],
  ["an instant in another form", `ada expiry-time="2030-01-01" ${good}\n`, /expiry-time must be/],
  [
    "a key of another kind than its name",
    `ada ${good.replace("ssh-ed25519", "ssh-rsa")}\n`,
    /of another kind than its name/,
  ],
  ["PEM", `ada ${toPem("PUBLIC KEY", spkiOf(pairs.Ed25519))}`, /line 1: the key is in no format that is read here/],
];
for (const [why, text, message] of broken) {
  test(`refuses ${why}, says where, and shows no secret`, () => {
    assert.throws(
      () => parseAuthorizedKeys(text, rules),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, message);
        assert.ok(!error.message.includes(privateText.slice(40, 60)));
        return true;
      },
    );
  });
}

test("an old DSA key is taken from whoever insists", () => {
  const key = requirePublicKey(bare(dsa), { allowLegacyDsa: true });
  const keys = parseAuthorizedKeys(`ada ${bare(dsa)}\n`, { ...rules, allowLegacyDsa: true });
  assert.equal(keys.find("ada", key)?.name, "ada");
});

test("an edit takes effect when it has stayed for a second, and a faulty one is not taken", () => {
  let ms = 0;
  const warnings: string[] = [];
  const path = write(`ada ${good}\n`);
  const find = authorizedKeys(path, {
    platform: { ...systemPlatform, monotonic: () => ms, now: () => 0 },
    onWarning: (message) => warnings.push(message),
  });
  const names = () => [find("ada", ed)?.identity.subject, find("bob", ed)?.identity.subject];
  assert.deepEqual(find("ada", ed)?.identity, { subject: "ada", roles: [], fingerprint: ed.fingerprint });
  write(`bob ${good}\n`, path);
  utimesSync(path, 1, 1);
  ms += 1_000;
  assert.deepEqual(names(), ["ada", undefined]);
  ms += 1_000;
  assert.deepEqual(names(), [undefined, "bob"]);
  write(`bob ${good}\neve nothing\n`, path);
  utimesSync(path, 2, 2);
  for (const _look of [1, 2]) {
    ms += 1_000;
    assert.deepEqual(names(), [undefined, "bob"]);
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /line 2: .*The last good version stays in use/);
});

test("a file that is missing, or that everyone may write, is refused at start", () => {
  assert.throws(() => authorizedKeys(join(folder, "none")), {
    code: "invalid_options",
    message: /file of authorized keys .* does not exist. Create it with a line such as: ada ssh-ed25519/,
  });
  const open = write(`ada ${good}\n`);
  chmodSync(open, 0o602);
  assert.throws(() => authorizedKeys(open), {
    message: /each of them can log in as any user. Run: chmod o-w/,
  });
});

test("the options reach the file: whose it is, their roles, and DSA", () => {
  const path = write(`${good}\n${bare(dsa)}\n`);
  const find = authorizedKeys(path, { user: "ada", roles: ["user"], allowLegacyDsa: true });
  assert.deepEqual(find("ADA", ed)?.identity.roles, ["user"]);
  assert.throws(() => authorizedKeys(path, { user: "ada" }), { message: /line 2: the key is DSA/ });
});

test("requirePublicKey says what is wrong, and shows no private key", () => {
  assert.equal(requirePublicKey(good).fingerprint, ed.fingerprint);
  assert.throws(() => requirePublicKey(privateText), {
    code: "invalid_options",
    message: /^The key is a private key: keep it secret, and give its public half$/,
  });
  assert.throws(() => requirePublicKey(bare(dsa)), { message: /^The key is DSA/ });
});
