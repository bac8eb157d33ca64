import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { hash as bcryptHash } from "@node-rs/bcrypt";
import { systemPlatform } from "../../../src/base/platform.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { bcrypt } from "../../../src/handlers/password/bcrypt-hash.js";
import { hashPassword } from "../../../src/handlers/password/hash.js";
import { type HtpasswdFileOptions, htpasswdFile } from "../../../src/handlers/password/htpasswd-file.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { sized } from "../../size.js";
import { createEditedFile } from "../edited-file.js";

const folder = mkdtempSync(join(tmpdir(), "htpasswd-"));
after(() => rmSync(folder, { recursive: true }));

const adaHash = (await bcryptHash("correct horse", 10)).replace("$2b$", "$2y$");
const eveHash = await hashPassword("battery staple");

let files = 0;
function write(text: string, path: string = join(folder, `htpasswd-${++files}`)): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const twoUsers = `# people\n\nAda:${adaHash}\neve:${eveHash}\n`;

/** A file whose hash computations are counted and take no time: a password is right for a hash that ends in it. */
function counted(text: string, options: HtpasswdFileOptions = {}) {
  const calls: string[] = [];
  const verifyHash = async (hash: string, password: string) => {
    calls.push(hash.slice(0, 7));
    return hash.endsWith(password);
  };
  return { users: htpasswdFile(write(text), { verifyHash, ...options }), calls };
}

test("bcrypt and argon2id are taken, and a right password is the user as written in the file", async () => {
  const users = htpasswdFile(write(twoUsers));
  assert.deepEqual(await users.verify("ada", "correct horse"), { subject: "Ada", roles: [] });
  assert.deepEqual(await users.verify("eve", "battery staple"), { subject: "eve", roles: [] });
});

test("white space at either end of a line does not count, as with Apache", async () => {
  const forms = [`ada:${adaHash} `, `ada:${adaHash}\t\r`, ` \tada:${adaHash}`, `  # people\n  \t\nada:${adaHash}`];
  for (const form of forms) {
    const users = htpasswdFile(write(`${form}\neve:${eveHash}\n`));
    assert.equal((await users.verify("ada", "correct horse"))?.subject, "ada", JSON.stringify(form));
    assert.equal((await users.verify("eve", "battery staple"))?.subject, "eve", JSON.stringify(form));
  }
});

test("a wrong password, another's password and an unknown user are nobody", async () => {
  const users = htpasswdFile(write(twoUsers));
  for (const [name, password] of [
    ["ada", "Correct horse"],
    ["ada", ""],
    ["ada", "battery staple"],
    ["mallory", "correct horse"],
    ["__proto__", "correct horse"],
  ] as const) {
    assert.equal(await users.verify(name, password), null, name);
  }
});

test("roles are everybody's, or a function of the name in the file", async () => {
  const password = adaHash.slice(-31);
  assert.deepEqual((await counted(twoUsers, { roles: ["user"] }).users.verify("ADA", password))?.roles, ["user"]);
  const { users } = counted(twoUsers, { roles: (name) => [`of-${name}`] });
  assert.deepEqual((await users.verify("ADA", password))?.roles, ["of-Ada"]);
});

test("$2a$, $2b$ and $2y$ are one computation, and everybody pays one of each kind and cost", async () => {
  const text = ["$2a$", "$2b$", "$2y$"].map((name, index) => `u${index}:${adaHash.replace("$2y$", name)}\n`).join("");
  const { users, calls } = counted(`${text}v:${adaHash.replace("$10$", "$11$")}\neve:${eveHash}\n`);
  const costs = new Set<string>();
  for (const name of ["u0", "u1", "u2", "v", "eve", "mallory"]) {
    calls.length = 0;
    await users.verify(name, "wrong");
    costs.add(calls.map((hash) => hash.replace(/^\$2[ay]/, "$2b")).join());
  }
  assert.deepEqual([...costs], ["$2b$10$,$2b$11$,$argon2"]);
});

/** Processor time of checking a password, on whatever thread. */
async function workOf(hash: string, password: string): Promise<number> {
  const before = process.cpuUsage();
  await bcrypt.verify(hash, password);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

test("a decoy is computed like a real hash, and so is a password that is too long", async () => {
  const usual = await workOf(adaHash, "wrong");
  const decoy = bcrypt.decoy(bcrypt.costOf(adaHash), systemPlatform.random);
  assert.equal(bcrypt.fault(decoy), undefined);
  // The library returns within 0.1 ms what it cannot read, so half is far from either.
  assert.ok((await workOf(decoy, "wrong")) > usual / 2, "a decoy costs less");
  assert.ok((await workOf(adaHash, "x".repeat(73))) > usual / 2, "a long password costs less");
});

test("a password of more than 72 bytes is refused, never cut", async () => {
  const long = "é".repeat(36);
  const users = htpasswdFile(write(`ada:${await bcryptHash(long, 10)}\n`));
  assert.equal((await users.verify("ada", long))?.subject, "ada");
  assert.equal(await users.verify("ada", `${long}x`), null);
});

test("a NUL does not make another spelling of a password", async () => {
  const users = htpasswdFile(write(`ada:${await bcryptHash("a", 10)}\n`));
  assert.equal((await users.verify("ada", "a"))?.subject, "ada");
  assert.equal(await users.verify("ada", "a\0a"), null);
});

const damaged = /line 1: the hash is damaged.*Make a new one: htpasswd -B -C 12/;
const broken: readonly [why: string, hash: string, message: RegExp][] = [
  ["Apache's MD5", "$apr1$6kktJgCL$/PgCkhVOh4/og7IASV.eK.", /line 1: the hash is MD5.*htpasswd -B -C 12 FILE NAME/],
  ["MD5 crypt", "$1$6kktJgCL$/PgCkhVOh4/og7IASV.eK.", /line 1: the hash is MD5/],
  ["SHA-1", "{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", /line 1: the hash is one plain SHA/],
  ["salted SHA-1", "{SSHA}bm8gc2VjcmV0IGhlcmUgYXQgYWxs", /line 1: the hash is one plain SHA/],
  ["SHA-512 crypt", "$6$LepEcBOt0XU1tnvq$yjcxk.4O4tb4Cnt31IyTQZfA9X3DP2qsGN5AuAl8VGv", /SHA-crypt/],
  ["yescrypt", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7", /yescrypt or scrypt/],
  ["DES crypt", "CXGciqAR7Dcic", /line 1: the hash is DES crypt/],
  ["a password in the clear", "hunter2hunter2", /no hash that is known.*in the clear/],
  ["a password that says so", "{PLAIN}hunter2", /in the clear/],
  ["nothing", "", /no hash that is known/],
  ["argon2i", eveHash.replace("argon2id", "argon2i"), /argon2, but not argon2id/],
  ["weak argon2id", eveHash.replace("t=2", "t=1"), /too cheap/],
  ["bcrypt of htpasswd's own cost", adaHash.replace("$10$", "$05$"), /cost 5, and at least 10.*-C 12/],
  ["bcrypt of cost 9", adaHash.replace("$10$", "$09$"), /cost 9, and at least 10/],
  ["bcrypt that takes minutes", adaHash.replace("$10$", "$16$"), /dangerous cost: bcrypt with cost 16, and at most 15/],
  ["bcrypt that takes days", adaHash.replace("$10$", "$31$"), /dangerous cost/],
  ["the bcrypt with the bug", adaHash.replace("$2y$", "$2x$"), damaged],
  ["a bcrypt hash that is cut off", adaHash.slice(0, -1), damaged],
  // The library answers such ones in 0.1 ms, so the time would say that this user is there.
  ["spare bits in a bcrypt salt", `${adaHash.slice(0, 28)}/${adaHash.slice(29)}`, damaged],
  ["spare bits in a bcrypt hash", `${adaHash.slice(0, -1)}/`, damaged],
  ["a third field", `${adaHash}:comment`, /must be name:hash and nothing else/],
  ["a user file's line", `${adaHash}:user:disabled`, /nothing else. For roles and disabled users, use a user file/],
];
for (const [why, hash, message] of broken) {
  test(`refuses to start with ${why}, says where and what to do, and shows nothing`, () => {
    assert.throws(
      () => htpasswdFile(write(`ada:${hash}\n`)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, message);
        assert.ok(hash === "" || !inspect(error, { depth: 9 }).includes(hash.slice(-13)));
        return true;
      },
    );
  });
}

test("one weak hash among good ones is found by its line; names that differ by case are one", () => {
  assert.throws(() => htpasswdFile(write(`${twoUsers}bob:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=\n`)), {
    message: /htpasswd-\d+, line 5: the hash is one plain SHA/,
  });
  assert.throws(() => htpasswdFile(write(`${twoUsers}ADA:${adaHash}\n`)), {
    message: /line 5: this user is in line 3 already/,
  });
  assert.throws(() => htpasswdFile(write("# nobody\n")), { message: /holds no user. Add a line such as ada:HASH/ });
  assert.throws(() => htpasswdFile(join(folder, "none")), {
    message: /The htpasswd file .* does not exist. Create it/,
  });
});

test("an edit takes effect when it has stayed for a second, and one with a weak hash is not taken", async () => {
  let ms = 0;
  const warnings: string[] = [];
  const path = write(`ada:${adaHash}\n`);
  const users = htpasswdFile(path, {
    platform: { ...systemPlatform, monotonic: () => ms, now: () => 0 },
    onWarning: (message) => warnings.push(message),
    verifyHash: async () => true,
  });
  const first = users.epoch();
  const edit = (text: string, at: number) => {
    write(text, path);
    utimesSync(path, at, at);
    for (const _look of [1, 2]) {
      ms += 1_000;
      users.epoch();
    }
  };
  edit(`bob:${adaHash}\n`, 1);
  assert.equal(await users.verify("ada", "x"), null);
  edit("ada:hunter2hunter2\n", 2);
  assert.equal((await users.verify("bob", "x"))?.subject, "bob");
  assert.equal(users.epoch(), first + 1);
  assert.match(warnings.join(), /line 1: this is no hash.*The last good version stays in use/);
});

test("without @node-rs/bcrypt a bcrypt hash refuses to start, and argon2id does not", () => {
  const toModule = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const withoutBcrypt = toModule(`export function resolve(specifier, context, next) {
    if (specifier !== "@node-rs/bcrypt") return next(specifier, context);
    throw Object.assign(new Error("not installed"), { code: "ERR_MODULE_NOT_FOUND" });
  }`);
  const hook = toModule(`import { register } from "node:module"; register(${JSON.stringify(withoutBcrypt)});`);
  const script = `import { htpasswdFile } from "sallyport"; htpasswdFile(process.argv[1]);`;
  const start = (path: string) =>
    spawnSync(process.execPath, ["--no-warnings", "--import", hook, "--input-type=module", "-e", script, path], {
      encoding: "utf8",
    });
  assert.match(start(write(`ada:${adaHash}\n`)).stderr, /line 1: the hash is bcrypt.*npm install @node-rs\/bcrypt@1/);
  assert.equal(start(write(`eve:${eveHash}\n`)).status, 0);
});

const tool = spawnSync("htpasswd", ["-nbB", "a", "b"]).status === 0;
test("what Apache's htpasswd writes is taken with -B -C 12, and every other kind is refused", async (context) => {
  if (!tool) return context.skip("needs htpasswd: apt-get install apache2-utils");
  const path = join(folder, "by-htpasswd");
  execFileSync("htpasswd", ["-c", "-b", "-B", "-C", "12", path, "ada", "pass:wörd"], { stdio: "ignore" });
  assert.match(readFileSync(path, "utf8"), /^ada:\$2y\$12\$/);
  assert.deepEqual(await htpasswdFile(path).verify("ada", "pass:wörd"), { subject: "ada", roles: [] });
  for (const kind of ["-B", "-m", "-s", "-d", "-2", "-5", "-p"]) {
    execFileSync("htpasswd", ["-b", kind, path, "bob", "hunter2"], { stdio: "ignore" });
    assert.throws(() => htpasswdFile(path), { code: "invalid_options", message: /line 2: .*htpasswd -B -C 12/ }, kind);
  }
  return undefined;
});

const payload = (text: string) => Buffer.from(text).toString("base64");
const suite = createEditedFile((text, path) => write(text, path));
describeHandler("basic with an htpasswd file", {
  create: () => basic(htpasswdFile(suite.create(twoUsers), { waitingHashes: 1_000, platform: suite.platform })),
  gone: () => suite.edit(`eve:${eveHash}\n`),
  good: [
    { payload: payload("ada:correct horse"), subject: "Ada" },
    { payload: payload("eve:battery staple"), subject: "eve" },
  ],
  bad: ["", payload("ada:battery staple"), payload("mallory:x"), payload(`ada:${adaHash}`), payload("ada:")],
  secrets: ["correct horse", "battery staple", adaHash, eveHash],
  mayAccept: (mutated, subject) => {
    const [name = "", password] = Buffer.from(mutated, "base64").toString().split(/:(.*)/s);
    const right = subject === "Ada" ? "correct horse" : "battery staple";
    return name.normalize("NFKC").toLowerCase().trim() === subject.toLowerCase() && password === right;
  },
  stalled: {
    create: () => basic(htpasswdFile(write(twoUsers), { verifyHash: () => new Promise(() => {}) })),
    payload: payload("ada:correct horse"),
  },
  rounds: sized(5, 20),
});
