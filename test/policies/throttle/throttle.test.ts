import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Awaitable } from "../../../src/base/awaitable.js";
import { AuthError } from "../../../src/base/errors.js";
import { createAuth } from "../../../src/engine/auth.js";
import { chain } from "../../../src/handlers/chain.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { hashPassword } from "../../../src/handlers/password/hash.js";
import { userFile } from "../../../src/handlers/password/user-file.js";
import type { Store } from "../../../src/model/store.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";
import { byPromises, createThrottleWorld, keys, toPayload, type User } from "./throttle-world.js";

const quarterHour = 15 * 60_000;

test("ten wrong passwords cost nothing; then even the right one is refused until the delay is over", async () => {
  const { world, byRpc, byHeader, fail } = createThrottleWorld();
  await fail(10);
  assert.equal(await byRpc("ada", "lovelace"), "in", "the eleventh attempt");
  await fail(1);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.equal(await byHeader("ada", "lovelace"), "invalid_credentials");
  world.advance(999);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  world.advance(1);
  assert.equal(await byRpc("ada", "lovelace"), "in");
});

test("guesses in parallel on two nodes have one budget", async () => {
  for (const view of [(store: Store) => store, byPromises]) {
    const world = createWorld();
    const store = memory({ platform: world.platform });
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    // Whatever is guessed is right, so that all that is looked at gets in.
    const verify = async (user: string) => {
      waiting += 1;
      if (waiting === 100) open();
      await gate;
      return { subject: user };
    };
    const nodes = [0, 1].map(() => createThrottleWorld({ world, store: view(store), verify }));
    const guesses = Array.from({ length: 100 }, (_, index) =>
      nodes[index % 2]?.byRpc("ada", `guess ${index}`, { from: `192.0.2.${index}` }),
    );
    const outcomes = await Promise.all(guesses);
    assert.equal(outcomes.filter((outcome) => outcome === "in").length, 11);
    assert.equal(outcomes.filter((outcome) => outcome === "invalid_credentials").length, 89);
  }
});

test("spellings of a name, headers and log-in RPCs share one budget", async () => {
  const spellings = ["bob", "Bob", " bob", "BOB ", "\uff42\uff4f\uff42", "\u24b7ob"];
  const { byRpc, byHeader } = createThrottleWorld({
    verify: async (user, password) => (password === "builder" ? { subject: user.normalize("NFKC").trim() } : null),
  });
  for (let index = 0; index < 11; index++) {
    const by = index % 2 === 0 ? byRpc : byHeader;
    await by(spellings[index % spellings.length] ?? "", `wrong ${index}`, { from: `192.0.2.${index}` });
  }
  for (const spelling of spellings) {
    assert.equal(await byRpc(spelling, "builder"), "invalid_credentials", `RPC: ${spelling}`);
    assert.equal(await byHeader(spelling, "builder"), "invalid_credentials", `header: ${spelling}`);
  }
  assert.equal(await byRpc("alice", "builder"), "in");
});

test("a victim's session, remembered password and key log-in go on", async () => {
  const { auth, world, byHeader, byRpc, fail } = createThrottleWorld({ rememberMs: 60_000 });
  const target = { method: "POST", path: "/" };
  const peer = { address: "203.0.113.9", trusted: false };
  const outcome = await auth.logIn({ scheme: "Basic", payload: toPayload("ada", "lovelace") }, { peer, target });
  assert.ok(outcome.kind === "opened");
  assert.equal(await byHeader("ada", "lovelace"), "in");
  await fail(200);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials", "throttled");
  const bearer = ["authorization", `Bearer ${outcome.token}`];
  assert.equal((await auth.authenticate({ ...target, rawHeaders: bearer, peer })).kind, "allowed");
  assert.equal(await byHeader("ada", "lovelace"), "in", "remembered");
  assert.equal(await byRpc("ada", "", {}, "Key"), "in");
  world.advance(60_000);
  assert.equal((await auth.authenticate({ ...target, rawHeaders: bearer, peer })).kind, "allowed");
});

test("a throttled attempt costs the same questions of the store, and the same check", async () => {
  const world = createWorld();
  const asked: string[] = [];
  const inner = memory({ platform: world.platform });
  const store: Store = {
    ...inner,
    loadRecord(kind, id) {
      asked.push(`load ${kind}`);
      return inner.loadRecord(kind, id);
    },
    swapRecord(kind, id, version, json, lifeMs) {
      // Its length too: what is longer takes longer to write, and to read the next time.
      asked.push(`swap ${kind} ${json.length}`);
      return inner.swapRecord(kind, id, version, json, lifeMs);
    },
  };
  // A hundredth of the burst is fetched at a time: one here, so that no attempt fetches for the next.
  const { byRpc, checks, fail } = createThrottleWorld({ world, store, throttle: { totalBurst: 100 } });
  const costOf = async (user: string, password: string, from: string): Promise<unknown> => {
    asked.length = 0;
    const before = checks();
    const outcome = await byRpc(user, password, { from });
    return { outcome, asked: [...asked], checks: checks() - before };
  };
  await fail(10, "ada");
  await fail(10, "nobody");
  const wrong = await costOf("ada", "wrong", "198.51.100.1");
  assert.deepEqual(await costOf("nobody", "wrong", "198.51.100.2"), wrong, "unknown");
  assert.deepEqual(await costOf("ada", "wrong", "198.51.100.3"), wrong, "throttled");
  assert.deepEqual(await costOf("ada", "lovelace", "198.51.100.4"), wrong, "throttled, with the right password");
});

test("99 failures in a row stop an account, however slowly they come, with one alarm", async () => {
  const { world, byRpc, fail, told } = createThrottleWorld();
  for (let failures = 1; failures <= 99; failures++) {
    await fail(1);
    world.advance(24 * 60 * 60_000);
  }
  assert.deepEqual(told(), [{ kind: "account-stopped", account: "ada", failures: 99 }]);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  world.advance(365 * 24 * 60 * 60_000);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.equal(told().length, 1);
});

test("a log-in by other means lifts the stop; an operator's reset lifts everything", async () => {
  const { auth, world, byRpc, fail, told } = createThrottleWorld({ throttle: { maxFailures: 3, freeFailures: 2 } });
  await fail(3);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.equal(await byRpc("grace", "", {}, "Key"), "in", "somebody else's key");
  world.advance(quarterHour);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.equal(await byRpc("ada", "", {}, "Key"), "in");
  assert.deepEqual(told().at(-1), { kind: "account-reset", account: "ada" });
  assert.equal(await byRpc("ada", "lovelace"), "in");

  await fail(3);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.equal(await auth.throttle.reset("  ADA"), true);
  assert.equal(await byRpc("ada", "lovelace"), "in");
  assert.deepEqual(told().at(-1), { kind: "account-reset", account: "ada" });
  assert.equal(await auth.throttle.reset("grace"), false);
});

test("a name that no account has for its length is refused before a word of it is looked at", async () => {
  const { byRpc, checks, events } = createThrottleWorld();
  assert.equal(await byRpc("a".repeat(1_024), "x"), "invalid_credentials");
  assert.equal(checks(), 1);
  // This letter is 18 in its compatible form: to fold four megabytes of it, which gzip makes a few kilobytes, took 5 s.
  assert.equal(await byRpc("\ufdfa".repeat(1_025), "x"), "invalid_credentials");
  assert.equal(checks(), 1);
  assert.equal(events.filter(({ kind }) => kind === "refused").length, 2);
});

test("credentials with scopes do not lift the stop: a key for one task is not the owner of the account", async () => {
  const scoped: Handler<User> = {
    ...{ scheme: "Task", opens: "nothing" },
    fromHeader: (subject) => ({ kind: "accepted", identity: { subject }, scopes: ["reports:read"] }),
  };
  const password = basic({ verify: (user, text) => (text === "lovelace" ? { subject: user } : null) });
  const { world, byRpc, fail, told } = createThrottleWorld({
    throttle: { maxFailures: 3, freeFailures: 2 },
    handlers: [password, scoped],
  });
  await fail(3);
  world.advance(quarterHour);
  assert.equal(await byRpc("ada", "", {}, "Task"), "in");
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
  assert.ok(!told().some(({ kind }) => kind === "account-reset"));
});

test("a source that fails too often gets 429 and costs no check; others go on", async () => {
  const { auth, world, byRpc, byHeader, checks, told } = createThrottleWorld({ rememberMs: 60_000 });
  const from = "2001:db8:1:2::1";
  assert.equal(await byHeader("ada", "lovelace", { from }), "in");
  for (let index = 0; index < 30; index++) {
    assert.equal(await byRpc(`user ${index}`, "spring", { from: `2001:db8:1:2::${index}` }), "invalid_credentials");
  }
  const before = checks();
  for (const neighbour of [from, "2001:db8:1:2:ffff::7"]) {
    assert.equal(await byRpc("grace", "spring", { from: neighbour }), "throttled");
    assert.equal(await byHeader("ada", "another", { from: neighbour }), "throttled");
  }
  assert.equal(checks(), before);
  const denial = await auth.authenticate({
    method: "GET",
    path: "/",
    rawHeaders: ["authorization", `Basic ${toPayload("ada", "x")}`],
    peer: { address: from, trusted: false },
  });
  assert.deepEqual(denial, {
    kind: "denied",
    code: "resource_exhausted",
    reason: "throttled",
    message: "Too many log-ins have failed. Try again later.",
    challenges: [],
    headers: [["retry-after", "3"]],
  });
  assert.equal(await byRpc("ada", "lovelace", { from: "2001:db8:1:3::1" }), "in", "another /64");
  assert.equal(await byHeader("ada", "lovelace", { from }), "in", "remembered");
  assert.equal(await byRpc("ada", "", { from }, "Key"), "in", "a key");
  assert.deepEqual(told(), [{ kind: "source-throttled", source: "2001:db8:1:2::/64" }]);
  world.advance(3_000);
  assert.equal(await byRpc("ada", "lovelace", { from }), "in");
  assert.equal(await byRpc("ada", "wrong", { from }), "invalid_credentials", "what was right was given back");
  assert.equal(await byRpc("ada", "wrong", { from }), "throttled");
});

test("all sources together have a budget, and what it refuses costs no source anything", async () => {
  const { world, byRpc, checks, told } = createThrottleWorld({ throttle: { totalBurst: 50, totalRefillMs: 1_000 } });
  for (let index = 0; index < 50; index++) await byRpc(`user ${index}`, "spring", { from: `192.0.2.${index}` });
  assert.deepEqual(told(), [{ kind: "source-throttled", source: undefined }]);
  const from = "198.51.100.1";
  const before = checks();
  for (let index = 0; index < 100; index++) assert.equal(await byRpc("ada", "lovelace", { from }), "throttled");
  assert.equal(checks(), before);
  world.advance(1_000);
  assert.equal(await byRpc("ada", "lovelace", { from }), "in");
});

test("this machine is no source, and behind a proxy that we trust its clients are", async () => {
  const { byRpc } = createThrottleWorld();
  for (const from of ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""]) {
    for (let index = 0; index < 40; index++) await byRpc(`user ${index}`, "spring", { from });
    assert.equal(await byRpc("ada", "lovelace", { from }), "in", from);
  }
  const proxy = (client: string) => ({ peer: { address: "10.0.0.1", trusted: true, clientOf: () => client } });
  for (let index = 0; index < 31; index++) await byRpc(`user ${index}`, "spring", proxy("192.0.2.1"));
  assert.equal(await byRpc("ada", "lovelace", proxy("192.0.2.1")), "throttled");
  assert.equal(await byRpc("ada", "lovelace", proxy("192.0.2.2")), "in");
});

test("a fleet that starts with one password makes one attempt and one check, in header and RPC", async () => {
  for (const view of [(store: Store) => store, byPromises]) {
    const world = createWorld();
    const store = view(memory({ platform: world.platform }));
    // As long as a hash: until nothing else is to be done.
    const verify = async (user: string) => {
      await new Promise(setImmediate);
      return { subject: user };
    };
    const { byRpc, byHeader, checks, told } = createThrottleWorld({ world, store, verify, rememberMs: 1_000 });
    const fleet = Array.from({ length: 200 }, (_, index) => {
      const by = index % 2 === 0 ? byRpc : byHeader;
      return by("ada", "lovelace", { from: `192.0.2.${index % 4}` });
    });
    assert.deepEqual(new Set(await Promise.all(fleet)), new Set(["in"]));
    assert.equal(checks(), 1);
    assert.deepEqual(told(), []);
  }
});

test("what the handler could not tell, and a payload that is no guess, count for nothing", async () => {
  let broken = true;
  const { auth, byRpc, checks } = createThrottleWorld({
    async verify(user) {
      if (broken) throw new Error("no database");
      return { subject: user };
    },
  });
  for (let index = 0; index < 200; index++) assert.equal(await byRpc("ada", `pass ${index}`), "unavailable");
  broken = false;
  assert.equal(await byRpc("ada", "any"), "in");
  const before = checks();
  for (let index = 0; index < 100; index++) {
    const peer = { address: "203.0.113.1", trusted: false };
    const denial = await auth.logIn({ scheme: "Basic", payload: "!" }, { peer, target: { method: "POST", path: "/" } });
    assert.ok(denial.kind === "denied" && denial.reason === "invalid_credentials");
  }
  assert.equal(checks(), before);
  assert.equal(await byRpc("ada", "any"), "in");
});

test("failures in a row are not ended by what the handler could not tell", async () => {
  let broken = false;
  const { byRpc, fail } = createThrottleWorld({
    throttle: { maxFailures: 3, freeFailures: 2 },
    async verify(user, password) {
      if (broken) throw new Error("no database");
      return password === "lovelace" ? { subject: user } : null;
    },
  });
  await fail(2);
  broken = true;
  assert.equal(await byRpc("ada", "lovelace"), "unavailable");
  broken = false;
  await fail(1);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
});

test("a handler that does not say whose account it is lets nobody in, uncounted", async () => {
  const answers: readonly (() => unknown)[] = [() => assert.fail("broken"), () => null, async () => "ada", () => 7];
  for (const accountOf of answers) {
    const handler = { scheme: "Basic", opens: "session", accountOf, fromHeader: () => assert.fail("asked") };
    const { byRpc, byHeader, told } = createThrottleWorld({ handlers: [handler as unknown as Handler<User>] });
    assert.equal(await byRpc("ada", "lovelace"), "unavailable");
    assert.equal(await byHeader("ada", "lovelace"), "unavailable");
    assert.deepEqual(
      told().map(({ kind }) => kind),
      ["handler-failed", "handler-failed"],
    );
  }
});

test("a name that failed once is forgotten after a week, one that failed twice after two", async () => {
  const { auth, world, fail } = createThrottleWorld();
  const week = 7 * 24 * 60 * 60_000;
  for (const name of ["once", "forgotten once"]) await fail(1, name);
  for (const name of ["twice", "forgotten twice"]) await fail(2, name);
  world.advance(week - 1);
  assert.equal(await auth.throttle.reset("once"), true);
  world.advance(1);
  assert.equal(await auth.throttle.reset("forgotten once"), false);
  world.advance(week - 1);
  assert.equal(await auth.throttle.reset("twice"), true);
  world.advance(1);
  assert.equal(await auth.throttle.reset("forgotten twice"), false);
});

test("whoever hangs up before the answer has guessed all the same", async () => {
  const { auth, byRpc } = createThrottleWorld();
  for (let index = 0; index < 11; index++) {
    const left = new AbortController();
    const guess = auth.logIn(
      { scheme: "Basic", payload: toPayload("ada", `wrong ${index}`) },
      {
        peer: { address: `192.0.2.${index}`, trusted: false },
        target: { method: "POST", path: "/" },
        signal: left.signal,
      },
    );
    left.abort();
    await guess;
  }
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
});

test("a flood of one source leaves room in the queue of hashes for others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-users-"));
  const path = join(folder, "users.txt");
  writeFileSync(path, `ada:${await hashPassword("lovelace")}:user\n`, { mode: 0o600 });
  const { platform } = createWorld();
  const flood = async (sourceBurst: number): Promise<string> => {
    let finish = (): void => {};
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const verifyHash = async (_hash: string, password: string) => {
      await gate;
      return password === "lovelace";
    };
    const handlers = [basic(userFile(path, { platform, verifyHash }))];
    const { byRpc } = createThrottleWorld({ handlers, throttle: { sourceBurst } });
    const guesses = Array.from({ length: 500 }, (_, index) => byRpc(`user ${index}`, "x", { from: "192.0.2.66" }));
    const victim = byRpc("ada", "lovelace", { from: "203.0.113.7" });
    await new Promise(setImmediate);
    finish();
    await Promise.all(guesses);
    return victim;
  };
  assert.equal(await flood(30), "in");
  assert.equal(await flood(500), "unavailable", "without the source's budget the queue is full");
  rmSync(folder, { recursive: true });
});

test("beyond what one process looks at at a time nothing is counted, and the answer is 503", async () => {
  let finish = (): void => {};
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const verify = async (user: string) => {
    await gate;
    return { subject: user };
  };
  const { byRpc, checks } = createThrottleWorld({ verify, throttle: { maxUnderWay: 3 } });
  const all = Array.from({ length: 50 }, (_, index) => byRpc(`user ${index}`, "x", { from: `192.0.2.${index}` }));
  await new Promise(setImmediate);
  finish();
  const outcomes = await Promise.all(all);
  assert.deepEqual(
    outcomes.map((outcome) => outcome === "in"),
    outcomes.map((_, index) => index < 3),
  );
  assert.ok(outcomes.slice(3).every((outcome) => outcome === "unavailable"));
  assert.equal(checks(), 3);
  assert.equal(await byRpc("ada", "x"), "in");
});

test("a chain counts by whichever link knows whose account it is", async () => {
  const mine: Handler<User> = { scheme: "Basic", opens: "session", fromHeader: () => ({ kind: "declined" }) };
  const passwords = basic({ verify: async (user, password) => (password === "lovelace" ? { subject: user } : null) });
  const { byRpc, fail } = createThrottleWorld({ handlers: [chain("Basic", [mine, passwords]), keys] });
  await fail(11);
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
});

test("an application that knows more spellings of a name gives the one that counts", async () => {
  const handler = basic<User>({
    accountName: (user) => user.replace(/\+.*$/, ""),
    verify: async (user, password) => (password === "lovelace" ? { subject: user } : null),
  });
  const { byRpc } = createThrottleWorld({ handlers: [handler] });
  for (let index = 0; index < 11; index++) await byRpc(`ada+${index}`, `wrong ${index}`, { from: `192.0.2.${index}` });
  assert.equal(await byRpc("ada", "lovelace"), "invalid_credentials");
});

test("an observer of guesses learns where the last one came from", async () => {
  const origins: unknown[] = [];
  const { fail } = createThrottleWorld({
    onEvent: (event, { address }) => event.kind.startsWith("account-") && origins.push(address),
    throttle: { freeFailures: 1, maxFailures: 3, firstDelayMs: 1, longestDelayMs: 1 },
  });
  await fail(2);
  assert.deepEqual(origins, ["192.0.2.1"]);
});

test("each delay is told once, with the account; names of other accounts are not mixed up", async () => {
  const { world, fail, told } = createThrottleWorld();
  await fail(11, "ada");
  await fail(5, "ada");
  world.advance(1_000);
  await fail(1, "ADA");
  await fail(11, "grace");
  assert.deepEqual(told(), [
    { kind: "account-throttled", account: "ada", delayMs: 1_000 },
    { kind: "account-throttled", account: "ada", delayMs: 2_000 },
    { kind: "account-throttled", account: "grace", delayMs: 1_000 },
  ]);
});

test("nothing is counted where the throttle is off, and realms do not share counts", async () => {
  const off = createThrottleWorld({ throttle: false });
  await off.fail(300);
  assert.equal(await off.byRpc("ada", "lovelace"), "in");
  assert.equal(await off.auth.throttle.reset("ada"), false);

  const world = createWorld();
  const store = memory({ platform: world.platform });
  const { fail } = createThrottleWorld({ world, store });
  await fail(11);
  const other = createAuth({
    platform: world.platform,
    store,
    realm: "other",
    handlers: [basic({ verify: (user) => ({ subject: user }) })],
  });
  const peer = { address: "203.0.113.1", trusted: false };
  const payload = toPayload("ada", "any");
  const outcome = await other.logIn({ scheme: "Basic", payload }, { peer, target: { method: "POST", path: "/" } });
  assert.equal(outcome.kind, "opened");
});

test("options that contradict each other or a standard are refused", () => {
  const refuses = (throttle: object, message: RegExp): void => {
    assert.throws(
      () => createThrottleWorld({ throttle }),
      (error) => error instanceof AuthError && error.code === "invalid_options" && message.test(error.message),
    );
  };
  refuses({ maxFailures: 101 }, /^throttle\.maxFailures must be a whole number from 1 to 100, not 101$/);
  refuses(
    { maxFailures: 5, freeFailures: 5 },
    /^throttle\.freeFailures \(5\) must be less than maxFailures \(5\); lower it, or raise maxFailures, to 100 at most$/,
  );
  refuses({ firstDelayMs: 0 }, /^throttle\.firstDelayMs must be/);
  refuses(
    { firstDelayMs: 2_000, longestDelayMs: 1_000 },
    /^throttle\.longestDelayMs must be a whole number of milliseconds from 2000 to/,
  );
  refuses({ sourceBurst: 0.5 }, /^throttle\.sourceBurst must be/);
  refuses({ totalRefillMs: -1 }, /^throttle\.totalRefillMs must be/);
});

test("a store that always says that somebody else was faster is unavailable, in bounded time", async () => {
  for (const answer of [(): Awaitable<boolean> => false, (): Awaitable<boolean> => Promise.resolve(false)]) {
    const world = createWorld();
    let swaps = 0;
    const store: Store = {
      ...memory({ platform: world.platform }),
      swapRecord() {
        swaps += 1;
        return answer();
      },
    };
    const { byRpc, checks } = createThrottleWorld({ world, store });
    assert.equal(await byRpc("ada", "lovelace"), "unavailable");
    assert.equal(checks(), 0);
    assert.ok(swaps <= 100, `${swaps} swaps`);
  }
});

test("a hundred log-ins at once over a store that answers by promises do not ask it thousands of times", async () => {
  const world = createWorld();
  const inner = byPromises(memory({ platform: world.platform }));
  let loads = 0;
  const store: Store = {
    ...inner,
    loadRecord(kind, id) {
      loads += 1;
      return inner.loadRecord(kind, id);
    },
  };
  const verify = async (user: string) => ({ subject: user });
  const { byRpc } = createThrottleWorld({ world, store, verify, throttle: { maxUnderWay: 100 } });
  const all = Array.from({ length: 100 }, (_, index) => byRpc(`user ${index}`, "x", { from: `192.0.2.${index}` }));
  assert.deepEqual(new Set(await Promise.all(all)), new Set(["in"]));
  // A count for the source and one for the account, each given back, and ten log-ins at a time for all together.
  assert.ok(loads >= 400 && loads <= 410, `${loads} loads`);
});
