import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { systemPlatform } from "../../../src/base/platform.js";
import type { HandlerContext } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { UserFileOptions } from "../../../src/handlers/password/file.js";
import { hashPassword, verifyHash } from "../../../src/handlers/password/hash.js";
import { userFile } from "../../../src/handlers/password/user-file.js";
import { runHandler } from "../../../src/handlers/run-handler.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { createEditedFile } from "../edited-file.js";

const folder = mkdtempSync(join(tmpdir(), "user-file-"));
after(() => rmSync(folder, { recursive: true }));

const adaHash = await hashPassword("correct horse");
const bobHash = await hashPassword("battery staple");
const stronger = adaHash.replace("t=2", "t=3");

let files = 0;
function write(text: string, path: string = join(folder, `users-${++files}.txt`)): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const threeUsers = `# people\n\nada:${adaHash}:user,admin\nbob:${bobHash}:\neve:${adaHash}:user:disabled\n`;

/** A user file whose hash computations are counted and take no time: a password is right for a hash that ends in it. */
function counted(text: string, options: UserFileOptions = {}) {
  const calls: string[] = [];
  const users = userFile(write(text), {
    verifyHash: async (hash, password) => {
      calls.push(hash);
      return hash.endsWith(password);
    },
    ...options,
  });
  return { users, calls };
}

test("a right password is the user as written in the file, with roles", async () => {
  const users = userFile(write(threeUsers));
  assert.deepEqual(await users.verify("ada", "correct horse"), { subject: "ada", roles: ["user", "admin"] });
  assert.deepEqual(await users.verify("bob", "battery staple"), { subject: "bob", roles: [] });
});

test("a wrong password, another's password, an unknown and a disabled user are nobody", async () => {
  const users = userFile(write(threeUsers));
  for (const [name, password] of [
    ["ada", "Correct horse"],
    ["ada", ""],
    ["ada", "battery staple"],
    ["mallory", "correct horse"],
    ["eve", "correct horse"],
    ["__proto__", "correct horse"],
    ["", "correct horse"],
  ] as const) {
    assert.equal(await users.verify(name, password), null, name);
  }
});

test("an unknown user, a wrong password, a disabled user and a right one cost the same hash computations", async () => {
  const { users, calls } = counted(threeUsers);
  const costs: string[] = [];
  for (const [name, password] of [
    ["ada", adaHash.slice(-43)],
    ["ada", "wrong"],
    ["mallory", "wrong"],
    ["eve", adaHash.slice(-43)],
    ["eve", "wrong"],
  ] as const) {
    calls.length = 0;
    await users.verify(name, password);
    costs.push(calls.map((hash) => hash.slice(0, 30)).join());
  }
  assert.deepEqual(costs, Array(5).fill(adaHash.slice(0, 30)));
});

test("where hashes differ in cost, everybody pays one of each", async () => {
  const { users, calls } = counted(`ada:${adaHash}:\nbob:${stronger}:\n`);
  const costs = new Set<string>();
  for (const name of ["ada", "bob", "mallory"]) {
    calls.length = 0;
    await users.verify(name, "wrong");
    costs.add(calls.map((hash) => hash.slice(0, 30)).join());
  }
  assert.deepEqual([...costs], [`${adaHash.slice(0, 30)},${stronger.slice(0, 30)}`]);
});

test("nobody logs in by a password that fits a decoy", async () => {
  const { users } = counted(threeUsers, { verifyHash: async () => true });
  assert.equal(await users.verify("mallory", "any"), null);
  assert.equal(await users.verify("eve", "any"), null);
  assert.equal((await users.verify("ada", "any"))?.subject, "ada");
});

test("a decoy that fits does not stand in for the user's own hash", async () => {
  const { users } = counted(`ada:${adaHash}:\nbob:${stronger}:\n`, { verifyHash: async (hash) => hash !== adaHash });
  assert.equal(await users.verify("ada", "wrong"), null);
});

test("a name or password longer than 1,024 characters is refused before anything is hashed", async () => {
  const { users, calls } = counted(threeUsers);
  assert.equal(await users.verify("ada", "x".repeat(1_025)), null);
  assert.equal(await users.verify("a".repeat(1_025), "x"), null);
  assert.equal(calls.length, 0);
  await users.verify("ada", "x".repeat(1_024));
  assert.equal(calls.length, 1);
});

const composed = "Zo\u00eb caf\u00e9";
const decomposed = composed.normalize("NFD");
const wideSpace = composed.replace(" ", "\u00a0");

test("a password is hashed and compared in NFC, with plain spaces, however the client spells it", async () => {
  const users = userFile(write(`ada:${await hashPassword(decomposed)}:\nbob:${await hashPassword(wideSpace)}:\n`));
  for (const spelling of [composed, decomposed, wideSpace, wideSpace.normalize("NFD")]) {
    assert.equal((await users.verify("ada", spelling))?.subject, "ada", JSON.stringify(spelling));
    assert.equal((await users.verify("bob", spelling))?.subject, "bob", JSON.stringify(spelling));
  }
  // Neither case nor width is the same.
  for (const other of [composed.toLowerCase(), "Zoe cafe", `Ｚ${composed.slice(1)}`]) {
    assert.equal(await users.verify("ada", other), null, other);
  }
});

test("a hash of the bytes as they came, as it was made before, still takes these bytes", async () => {
  const { hash } = await import("@node-rs/argon2");
  const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  const users = userFile(write(`ada:${await hash(decomposed, cost)}:\nbob:${await hash(wideSpace, cost)}:\n`));
  assert.equal((await users.verify("ada", decomposed))?.subject, "ada");
  assert.equal((await users.verify("bob", wideSpace))?.subject, "bob");
  assert.equal(await users.verify("ada", composed), null, "as before: a hash of other bytes");
});

test("how many hashes a password costs depends on its own spelling: one or two, and on no account", async () => {
  for (const [password, count] of [
    ["ascii", 1],
    [composed, 1],
    [decomposed, 2],
    [wideSpace, 2],
    [decomposed.replace(" ", "\u3000\u2003"), 2],
  ] as const) {
    for (const name of ["ada", "bob", "eve", "mallory"]) {
      const { users, calls } = counted(threeUsers);
      await users.verify(name, password);
      assert.equal(calls.length, count, `${name} ${JSON.stringify(password)}`);
    }
    // A right one is not cut short either, in whichever spelling it is right.
    const { users, calls } = counted(threeUsers, {
      verifyHash: async (hash) => calls.push(hash) > 0,
    });
    assert.equal((await users.verify("ada", password))?.subject, "ada");
    assert.equal(calls.length, count);
  }
});

test("case, width and space at the ends of a name do not count, and the subject is one", async () => {
  const { users } = counted(`Bob:${bobHash}:\n`);
  for (const name of ["Bob", "bob", "BOB", " bob ", "ｂｏｂ"]) {
    assert.deepEqual(await users.verify(name, bobHash.slice(-43)), { subject: "Bob", roles: [] }, name);
  }
  assert.equal(await users.verify("b ob", bobHash.slice(-43)), null);
});

test("two hashes at a time, a bounded number waiting in order, the rest are unavailable at once", async () => {
  const running: (() => void)[] = [];
  const started: string[] = [];
  const verifyHashSlowly = (_hash: string, password: string) =>
    new Promise<boolean>((done) => {
      started.push(password);
      running.push(() => done(false));
    });
  const { users } = counted(threeUsers, { verifyHash: verifyHashSlowly, concurrentHashes: 2, waitingHashes: 3 });
  const logins = ["1", "2", "3", "4", "5"].map((password) => users.verify("ada", password));
  await assert.rejects(users.verify("ada", "6"), { code: "unavailable", message: /Too many log-ins/ });
  assert.deepEqual(started, ["1", "2"]);
  while (running.length > 0) {
    running.shift()?.();
    await new Promise(setImmediate);
  }
  assert.deepEqual(await Promise.all(logins), Array(5).fill(null));
  assert.deepEqual(started, ["1", "2", "3", "4", "5"]);
});

test("a hash check that fails frees its place, and the log-in is unavailable, not wrong", async () => {
  const { users } = counted(threeUsers, {
    concurrentHashes: 1,
    verifyHash: () => Promise.reject(new Error("no memory")),
  });
  const handler = basic(users);
  for (let attempt = 0; attempt < 3; attempt++) {
    const verdict = await runHandler((context) => handler.fromHeader?.("YWRhOnB3", context) ?? { kind: "declined" }, {
      platform: systemPlatform,
      timeoutMs: 1_000,
      peer: { address: "", trusted: false },
      target: { method: "GET", path: "/" },
      proofs: () => assert.fail("was asked for"),
      round: 1,
    });
    assert.deepEqual(verdict, { kind: "unavailable" });
  }
});

/** A file that is edited while it is in use, on a clock that is turned by hand. */
function edited(wall: () => number = () => 0) {
  let ms = 0;
  let edits = 0;
  const warnings: string[] = [];
  const path = write(`ada:${adaHash}:\n`);
  const users = userFile(path, {
    // A wall clock that is behind that of the files: only what was seen at the looks counts.
    platform: { ...systemPlatform, monotonic: () => ms, now: () => wall() },
    onWarning: (message) => warnings.push(message),
    verifyHash: async () => true,
  });
  const first = users.epoch();
  /** 1, and one more with each edit that was taken, while no other file is read. */
  const epoch = () => 1 + users.epoch() - first;
  const edit = (text: string) => {
    write(text, path);
    // Another instant even where the file system's clock is coarse.
    utimesSync(path, ++edits, edits);
  };
  return {
    path,
    warnings,
    edit,
    epoch,
    pass: (by: number) => (ms += by),
    names: async (name: string) => (await users.verify(name, "x")) !== null,
  };
}

test("an edit takes effect when a second has passed since it was seen, and its epoch grows", async () => {
  const { epoch, edit, pass, names, warnings } = edited();
  assert.equal(epoch(), 1);
  edit(`ada:${adaHash}::disabled\nbob:${bobHash}:\n`);
  for (const ms of [999, 1, 999]) {
    pass(ms);
    assert.deepEqual([await names("ada"), await names("bob"), epoch()], [true, false, 1]);
  }
  pass(1);
  assert.equal(epoch(), 2);
  assert.deepEqual([await names("ada"), await names("bob"), epoch()], [false, true, 2]);
  assert.deepEqual(warnings, []);
});

test("a file that is written slowly is not read before it is whole, however much its half would mean", async () => {
  const { epoch, edit, pass, names } = edited();
  for (const half of [`bob:${bobHash}:\n`, `bob:${bobHash}:\n# and\n`, `bob:${bobHash}:\n# and then\n`]) {
    edit(half);
    pass(1_000);
    assert.deepEqual([await names("ada"), await names("bob"), epoch()], [true, false, 1]);
  }
  edit(`bob:${bobHash}:\nada:${adaHash}:\n`);
  for (const ms of [1_000, 1_000]) {
    pass(ms);
    await names("ada");
  }
  assert.deepEqual([await names("ada"), await names("bob"), epoch()], [true, true, 2]);
});

test("a file that was changed long before it is looked at is read at once", async () => {
  const { edit, pass, names, path } = edited(() => Number(statSync(path).ctimeMs) + 2_000);
  edit(`bob:${bobHash}:\n`);
  pass(1_000);
  assert.deepEqual([await names("ada"), await names("bob")], [false, true]);
});

test("after a faulty edit the last good file stays, and the warning comes once and holds no hash", async () => {
  const { epoch, edit, pass, names, warnings } = edited();
  edit(`bob:${bobHash}:\nada:${adaHash.slice(0, -30)}:\n`);
  for (let seconds = 0; seconds < 3; seconds++) {
    pass(1_000);
    assert.deepEqual([await names("ada"), await names("bob"), epoch()], [true, false, 1]);
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /line 2: the hash is damaged.*last good version stays/);
  assert.ok(!warnings[0]?.includes(adaHash.slice(30, 50)));
  edit(`bob:${bobHash}:\n`);
  pass(1_000);
  assert.equal(epoch(), 1);
  pass(1_000);
  assert.deepEqual([await names("ada"), await names("bob"), epoch()], [false, true, 2]);
});

test("a file that is gone, empty or writable by every user is not taken either", async () => {
  for (const spoil of [
    (path: string) => rmSync(path),
    (path: string) => write("", path),
    (path: string) => chmodSync(path, 0o666),
  ]) {
    const { epoch, path, pass, names, warnings } = edited();
    spoil(path);
    for (const ms of [1_000, 1_000]) {
      pass(ms);
      assert.equal(await names("ada"), true);
    }
    assert.equal(epoch(), 1);
    assert.equal(warnings.length, 1);
  }
});

const broken: readonly [why: string, text: string, message: RegExp][] = [
  ["no user", "# nobody\n\n", /holds no user. Add a line such as ada:HASH:user/],
  ["a line without a hash", "ada\n", /line 1: must be name:hash:roles/],
  ["a line without roles", `ada:${adaHash}\n`, /line 1: must be name:hash:roles/],
  ["too many fields", `ada:${adaHash}:user:disabled:x\n`, /line 1: must be/],
  ["an unknown state", `ada:${adaHash}:user:Disabled\n`, /line 1: what follows the roles can only be "disabled"/],
  ["a bad role", `\nada:${adaHash}:user,,admin\n`, /line 2: roles are separated by single commas/],
  ["an empty name", `:${adaHash}:\n`, /line 1: the name must be/],
  ["space before a name", `# x\n ada:${adaHash}:\n`, /line 2: the name must be/],
  ["a control character in a name", `a\tda:${adaHash}:\n`, /line 1: the name must be/],
  ["a name longer than a subject", `${"a".repeat(257)}:${adaHash}:\n`, /line 1: the name must be/],
  ["the same name twice", `ada:${adaHash}:\nada:${bobHash}:\n`, /line 2: this user is in line 1 already/],
  [
    "names that differ by case",
    `ada:${adaHash}:\nbob:${bobHash}:\nADA:${bobHash}:\n`,
    /line 3: this user is in line 1 already/,
  ],
  ["names that differ by width", `bob:${adaHash}:\nｂｏｂ:${bobHash}:\n`, /line 2: this user is in line 1 already/],
  ["a password in the clear", "ada:correct horse:\n", /line 1: the hash is not argon2id.*or: sallyport hash-password/],
  ["bcrypt", `ada:$2b$12$${"a".repeat(53)}:\n`, /not argon2id/],
  ["argon2i", `ada:${adaHash.replace("argon2id", "argon2i")}:\n`, /not argon2id/],
  ["a hash that is cut off", `ada:${adaHash.slice(0, -30)}:\n`, /the hash is damaged/],
  ["argon2 of the old version", `ada:${adaHash.replace("v=19", "v=16")}:\n`, /the hash is damaged/],
  ["too little memory", `ada:${adaHash.replace("m=19456", "m=19455")}:\n`, /too cheap/],
  ["too few passes", `ada:${adaHash.replace("t=2", "t=1")}:\n`, /too cheap/],
  ["more lanes than a machine has", `ada:${adaHash.replace("p=1", "p=17")}:\n`, /dangerous costs/],
  ["so many passes that a log-in takes a minute", `ada:${adaHash.replace("t=2", "t=65")}:\n`, /dangerous costs/],
  [
    "so much memory that a log-in could kill the process",
    `ada:${adaHash.replace("m=19456", "m=9999999")}:\n`,
    /dangerous costs/,
  ],
];
for (const [why, text, message] of broken) {
  test(`refuses to start with ${why}, says where, and shows no secret`, () => {
    assert.throws(
      () => userFile(write(text)),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, message);
        for (const secret of [adaHash.slice(30, 50), bobHash.slice(30, 50), "correct horse"]) {
          assert.ok(!inspect(error, { depth: 9 }).includes(secret));
        }
        return true;
      },
    );
  });
}

test("takes what OWASP counts as equal, and lines that end in CR LF", async () => {
  const costs = ["m=47104,t=1", "m=12288,t=3", "m=9216,t=4", "m=7168,t=5", "m=65536,t=3"];
  const lines = costs.map((cost, index) => `user${index}:${adaHash.replace("m=19456,t=2", cost)}:`);
  const { users } = counted(`${lines.join("\r\n")}\r\n`);
  assert.equal((await users.verify("user4", adaHash.slice(-43)))?.subject, "user4");
});

test("refuses a file that is not there, is a folder, is not UTF-8, or is writable by every user", () => {
  assert.throws(() => userFile(join(folder, "none")), {
    code: "invalid_options",
    message: /does not exist. Create it/,
  });
  assert.throws(() => userFile(folder), { code: "invalid_options", message: /is not a file/ });
  const latin1 = write("");
  writeFileSync(latin1, Buffer.from(`\xe4da:${adaHash}:\n`, "latin1"));
  assert.throws(() => userFile(latin1), { code: "invalid_options", message: /not UTF-8/ });
  const open = write(threeUsers);
  chmodSync(open, 0o602);
  assert.throws(() => userFile(open), { code: "invalid_options", message: /writable by every user.*chmod o-w/ });
});

test("hashPassword makes argon2id with OWASP's parameters and a fresh salt", async () => {
  assert.match(adaHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(await hashPassword("correct horse"), adaHash);
  assert.equal(await verifyHash(adaHash, "correct horse"), true);
  assert.equal(await verifyHash(adaHash, "correct horsf"), false);
});

test("hashPassword refuses what nobody could log in with", async () => {
  for (const password of ["", "a\nb", "x".repeat(1_025), undefined as never]) {
    await assert.rejects(hashPassword(password), { code: "invalid_options", message: /1 to 1024 characters/ });
  }
});

test("the file shows no hash when it is looked at", () => {
  assert.ok(!inspect(userFile(write(threeUsers)), { depth: 9, showHidden: true }).includes(adaHash));
});

const payload = (text: string) => Buffer.from(text).toString("base64");
const suite = createEditedFile((text, path) => write(text, path));
describeHandler("basic with a user file", {
  create: () => basic(userFile(suite.create(threeUsers), { waitingHashes: 1_000, platform: suite.platform })),
  gone: () => suite.edit(threeUsers.replace(":user,admin", ":user,admin:disabled")),
  changed: () => suite.edit(threeUsers.replace(":user,admin", ":user")),
  good: [
    { payload: payload("ada:correct horse"), subject: "ada" },
    { payload: payload("bob:battery staple"), subject: "bob" },
  ],
  bad: [
    "",
    payload("eve:correct horse"),
    payload("ada:battery staple"),
    payload("mallory:x"),
    payload(`ada:${adaHash}`),
  ],
  secrets: ["correct horse", "battery staple", adaHash, bobHash],
  mayAccept: (mutated, subject) => {
    const [name = "", password] = Buffer.from(mutated, "base64").toString().split(/:(.*)/s);
    const right = subject === "ada" ? "correct horse" : "battery staple";
    return name.normalize("NFKC").toLowerCase().trim() === subject && password === right;
  },
  stalled: {
    create: () => basic(userFile(write(threeUsers), { verifyHash: () => new Promise(() => {}) })),
    payload: payload("ada:correct horse"),
  },
  rounds: 60,
});

test("basic takes a user file as it is", async () => {
  const handler = basic(userFile(write(threeUsers)));
  const proofs = { derive: () => ({ keyId: 7, secret: new Uint8Array(32) }) };
  const verdict = await handler.fromHeader?.(payload("ada:correct horse"), { proofs } as unknown as HandlerContext);
  const identity = { subject: "ada", roles: ["user", "admin"] };
  assert.deepEqual(verdict, { kind: "accepted", identity, via: "7.AAAAAAAAAAAAAAAAAAAAAA" });
  assert.equal(typeof handler.epoch?.(), "number");
});
