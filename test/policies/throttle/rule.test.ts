import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import {
  type AccountRule,
  type AccountState,
  type BucketRule,
  beginAttempt,
  calm,
  failuresOf,
  giveBack,
  isEmpty,
  isStopped,
  lifeOf,
  lifeOfBucket,
  lift,
  putBack,
  take,
} from "../../../src/policies/throttle/rule.js";
import { isFull } from "../../size.js";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

function holds<T>(t: TestContext, property: fc.IProperty<T>, numRuns: number): void {
  t.diagnostic(`SEED=${seed}`);
  fc.assert(property, { seed, numRuns: isFull ? numRuns : Math.ceil(numRuns / 5) });
}

const minute = 60_000;
const day = 24 * 60 * minute;
const rule: AccountRule = {
  freeFailures: 5,
  firstDelayMs: 1_000,
  longestDelayMs: 15 * minute,
  forgetFailureMs: 15 * minute,
  maxFailures: 99,
};

/** Any instant: a second that is not round. */
const start = 1_900_000_000_123;

/** An account in a store, with a clock and whoever tries. */
function createAccount(rules: AccountRule) {
  let state: AccountState = calm;
  let now = start;
  return {
    wait(ms: number) {
      now += ms;
    },
    setBack(ms: number) {
      now -= ms;
    },
    /** The number of the attempt; `undefined` when it is blocked. */
    begin(): number | undefined {
      const { blocked, next } = beginAttempt(state, now, rules);
      state = next;
      return blocked ? undefined : next.attempts;
    },
    give(attempt: number, result: "accepted" | "undecided") {
      state = giveBack(state, now, rules, attempt, result);
    },
    lift() {
      state = lift(state);
    },
    blockedForMs: () => Math.max(0, state.blockedUntil - now),
    lifeMs: () => lifeOf(state, now, rules),
    failures: () => failuresOf(state),
    stopped: () => isStopped(state, rules),
    now: () => now,
  };
}

test("five failures cost nothing; from the sixth on the delay doubles, from a second up to a quarter of an hour", () => {
  const account = createAccount(rule);
  const seconds: number[] = [];
  for (let failures = 1; failures <= 17; failures++) {
    assert.equal(account.begin(), failures);
    seconds.push(account.blockedForMs() / 1_000);
    if (account.blockedForMs() > 0) {
      account.wait(account.blockedForMs() - 1);
      assert.equal(account.begin(), undefined, `a millisecond too early after failure ${failures}`);
      account.wait(1);
    }
  }
  // Seventeen minutes have passed by then, so one failure does not count any more: 512 comes twice.
  assert.deepEqual(seconds, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 900]);
});

test("whoever pauses gets his free failures back, one for each quarter of an hour", () => {
  const account = createAccount(rule);
  for (let failures = 1; failures <= 8; failures++) {
    account.begin();
    account.wait(account.blockedForMs());
  }
  account.wait(3 * 15 * minute);
  account.begin();
  assert.equal(account.blockedForMs(), 1_000, "the sixth that counts");
  account.wait(6 * 15 * minute);
  for (let failures = 1; failures <= 5; failures++) account.begin();
  assert.equal(account.blockedForMs(), 0);
});

test("a blocked attempt changes nothing: hammering makes no delay longer and stops no account", () => {
  const account = createAccount(rule);
  for (let failures = 1; failures <= 6; failures++) account.begin();
  for (let tries = 0; tries < 1_000; tries++) assert.equal(account.begin(), undefined);
  assert.equal(account.failures(), 6);
  account.wait(1_000);
  assert.equal(account.begin(), 7);
});

test("a success gives back its own share, and the delay that it had begun when no other failure is beyond", () => {
  const account = createAccount(rule);
  const attempts = Array.from({ length: 6 }, () => account.begin() ?? 0);
  assert.ok(account.blockedForMs() > 0);
  account.give(attempts[5] ?? 0, "accepted");
  assert.equal(account.blockedForMs(), 0);
  assert.equal(account.failures(), 0);
  account.begin();
  assert.equal(account.blockedForMs(), 1_000, "the five before it still count for the delay");
});

test("an attempt that the handler could not decide counts for nothing", () => {
  const account = createAccount(rule);
  for (let tries = 0; tries < 1_000; tries++) {
    const attempt = account.begin();
    assert.ok(attempt, `attempt ${tries}`);
    account.give(attempt, "undecided");
  }
  assert.equal(account.failures(), 0);
});

test("a stopped account stays so for years; a log-in by other means lifts that and leaves the delay", () => {
  const account = createAccount(rule);
  for (let failures = 1; failures <= 99; failures++) {
    assert.equal(account.begin(), failures);
    account.wait(account.blockedForMs());
  }
  assert.ok(account.stopped());
  assert.ok(account.lifeMs() > 9 * 365 * day);
  for (const years of [0, 1, 3]) {
    account.wait(years * 365 * day);
    assert.equal(account.begin(), undefined);
  }
  account.lift();
  assert.equal(account.begin(), 100);

  const attacked = createAccount(rule);
  for (let failures = 1; failures <= 20; failures++) {
    attacked.wait(attacked.blockedForMs());
    attacked.begin();
  }
  attacked.lift();
  assert.equal(attacked.failures(), 0);
  assert.equal(attacked.begin(), undefined);
});

test("a state is kept for a week for each failure in a row, and for as long as it delays", () => {
  const account = createAccount(rule);
  for (const failures of [1, 2, 3]) {
    account.begin();
    assert.equal(account.lifeMs(), failures * 7 * day);
  }
  const attempt = account.begin() ?? 0;
  account.give(attempt, "accepted");
  assert.equal(account.lifeMs(), 3 * 15 * minute);
  account.wait(3 * 15 * minute);
  assert.equal(account.lifeMs(), minute);
});

test("a clock that is set back blocks nobody for longer than the rule would", () => {
  const account = createAccount(rule);
  for (let failures = 1; failures <= 30; failures++) {
    account.wait(account.blockedForMs());
    account.begin();
  }
  account.setBack(365 * day);
  assert.equal(account.begin(), undefined);
  account.wait(15 * minute);
  assert.ok(account.begin());
});

const upTo = (max: number) => fc.integer({ min: 0, max });
const anyRule: fc.Arbitrary<AccountRule> = fc
  .record({
    freeFailures: upTo(10),
    firstDelayMs: fc.integer({ min: 1, max: 10_000 }),
    longestDelayMs: fc.integer({ min: 10_000, max: day }),
    forgetFailureMs: fc.integer({ min: 1_000, max: day }),
    maxFailures: fc.integer({ min: 2, max: 30 }),
  })
  .map((rules) => ({ ...rules, maxFailures: rules.freeFailures + rules.maxFailures }));

/** Attempts that overlap: each begins, and is decided later or never. */
const happenings = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), upTo(1_000), upTo(day), { weight: 4, arbitrary: fc.constant(-1) }),
    what: fc.constantFrom("begin", "begin", "begin", "fail", "fail", "accept", "undecided"),
    pick: upTo(5),
  }),
  { minLength: 50, maxLength: 600 },
);

interface Tried {
  readonly number: number;
  what: "open" | "failed" | "accepted" | "undecided";
}

test("however attempts overlap, never are as many as the limit wrong in a row and looked at", (t) => {
  let stops = 0;
  const property = fc.property(anyRule, happenings, (rules, steps) => {
    const account = createAccount(rules);
    const tried: Tried[] = [];
    const open: Tried[] = [];
    for (const { waitMs, what, pick } of steps) {
      // -1: as long as the delay lasts, which is what a guesser does.
      account.wait(waitMs < 0 ? account.blockedForMs() : waitMs);
      if (what === "begin") {
        const number = account.begin();
        if (number !== undefined) open.push(tried[tried.push({ number, what: "open" }) - 1] as Tried);
        continue;
      }
      const [attempt] = open.splice(pick % Math.max(1, open.length), 1);
      if (attempt === undefined) continue;
      attempt.what = what === "fail" ? "failed" : what === "accept" ? "accepted" : "undecided";
      if (what === "accept") account.give(attempt.number, "accepted");
      if (what === "undecided") account.give(attempt.number, "undecided");
    }
    // In the order in which they were counted; what is still open may yet fail.
    let inRow = 0;
    for (const { what } of tried) {
      if (what === "accepted") inRow = 0;
      else if (what !== "undecided") inRow += 1;
      assert.ok(inRow <= rules.maxFailures, `${inRow} of ${rules.maxFailures}`);
    }
    assert.ok(account.failures() >= inRow, "nothing is forgotten");
    if (account.stopped()) stops += 1;
  });
  holds(t, property, 400);
  assert.ok(stops > 0, "no run has reached the limit"); // some ten of 400 do
});

test("whoever fails never is never blocked, as long as no more attempts overlap than are free", (t) => {
  const property = fc.property(anyRule, fc.array(upTo(20), { minLength: 1, maxLength: 100 }), (rules, crowds) => {
    const account = createAccount(rules);
    for (const crowd of crowds) {
      const attempts = Array.from({ length: Math.min(crowd, Math.max(1, rules.freeFailures)) }, () => account.begin());
      account.wait(crowd * 37);
      for (const attempt of attempts) {
        assert.notEqual(attempt, undefined);
        account.give(attempt ?? 0, "accepted");
      }
    }
    assert.equal(account.failures(), 0);
    assert.equal(account.blockedForMs(), 0);
  });
  holds(t, property, 300);
});

test("the log-ins of the victim gain the guesser nothing: the delay is his all the same", (t) => {
  const dayOfGuesses = fc.property(fc.integer({ min: 30_000, max: 10 * minute }), (everyMs) => {
    const account = createAccount(rule);
    const end = account.now() + 3 * day;
    let guesses = 0;
    while (account.now() < end) {
      // The guesser never wastes an instant; the victim comes when he comes.
      for (let tries = 0; tries < 20 && account.begin() !== undefined; tries++) guesses += 1;
      account.wait(Math.min(everyMs, Math.max(1, account.blockedForMs())));
      const attempt = account.begin();
      if (attempt !== undefined) account.give(attempt, "accepted");
    }
    // Once up to the longest delay; then one for each delay, and one for each failure that is forgotten.
    const most = rule.freeFailures + 12 + (3 * day) / rule.longestDelayMs + (3 * day) / rule.forgetFailureMs;
    assert.ok(guesses <= most, `${guesses} guesses of at most ${most}`);
  });
  holds(t, dayOfGuesses, 10);
});

const anyBucket: fc.Arbitrary<BucketRule> = fc.record({
  burst: fc.integer({ min: 1, max: 20 }),
  refillMs: fc.integer({ min: 1, max: 5_000 }),
});

test("a bucket does what counting tokens does", (t) => {
  const steps = fc.array(
    fc.record({
      waitMs: fc.oneof(fc.constant(0), upTo(10_000)),
      wanted: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 12 })),
    }),
    { maxLength: 200 },
  );
  const property = fc.property(anyBucket, steps, (rules, list) => {
    let now = start;
    let state = { fullAt: 0 };
    // The reference counts in milliseconds, so that no fraction is lost.
    const capacity = rules.burst * rules.refillMs;
    let level = capacity;
    for (const { waitMs, wanted } of list) {
      now += waitMs;
      level = Math.min(capacity, level + waitMs);
      if (wanted < 0) {
        state = putBack(state, now, rules);
        level = Math.min(capacity, level + rules.refillMs);
        continue;
      }
      const { taken, next } = take(state, now, rules, wanted);
      assert.equal(taken, Math.min(wanted, Math.floor(level / rules.refillMs)));
      level -= taken * rules.refillMs;
      state = next;
      assert.equal(isEmpty(state, now, rules), level < rules.refillMs);
      assert.equal(Math.max(now, state.fullAt) - now, capacity - level);
      assert.ok(lifeOfBucket(state, now) >= state.fullAt - now);
    }
  });
  holds(t, property, 300);
});

test("a clock that is set back leaves a bucket empty for no longer than it takes to fill", () => {
  const rules = { burst: 3, refillMs: 100 };
  const state = { fullAt: start + 300 };
  const { taken, next } = take(state, start - day, rules);
  assert.equal(taken, 0);
  assert.equal(take(next, start - day + 100, rules).taken, 1);
});
