import assert from "node:assert/strict";
import { test } from "node:test";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { createSqliteConnection } from "../../../src/stores/sqlite/connection.js";
import { loadDriver, type SqliteDatabase, type SqliteStatement } from "../../../src/stores/sqlite/driver.js";
import { createPurge } from "../../../src/stores/sqlite/purge.js";
import { createAttempt } from "../../../src/stores/sqlite/retry.js";
import { schema } from "../../../src/stores/sqlite/schema.js";
import { createSteps } from "../../../src/stores/sqlite/steps.js";

const now = 1_900_000_000_000;

/** A clock that stands still but for rests, which take no real time, and what a step is said to take. */
function createClock() {
  let time = 0;
  const rests: number[] = [];
  const platform: Platform = {
    ...systemPlatform,
    now: () => now,
    monotonic: () => time,
    delay(ms, done) {
      rests.push(ms);
      setImmediate(() => {
        time += ms;
        done();
      });
      return () => {};
    },
  };
  return {
    platform,
    rests,
    take(ms: number) {
      time += ms;
    },
  };
}

interface Counted {
  readonly database: SqliteDatabase;
  /** The number of rows that each statement has changed. */
  readonly changed: number[];
}

/** A database whose statements are run in full view: how many rows each one changes. */
function createDatabase(): Counted {
  const { DatabaseSync } = loadDriver();
  const real = new DatabaseSync(":memory:", { timeout: 0 });
  real.exec(schema);
  const changed: number[] = [];
  const watched = (statement: SqliteStatement): SqliteStatement =>
    new Proxy(statement, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "run" || typeof value !== "function")
          return typeof value === "function" ? value.bind(target) : value;
        return (...values: never[]) => {
          const done = value.apply(target, values) as { readonly changes: number };
          changed.push(Number(done.changes));
          return done;
        };
      },
    });
  const database: SqliteDatabase = {
    get isTransaction() {
      return real.isTransaction;
    },
    prepare: (sql) => (/^(update|delete)/.test(sql) ? watched(real.prepare(sql)) : real.prepare(sql)),
    exec: (sql) => real.exec(sql),
    close: () => real.close(),
  };
  return { database, changed };
}

const insertSessions = (count: number, from: number, removableAt: number, checkAt: number): string => `
  with recursive c (i) as (select ${from} union all select i + 1 from c where i < ${from + count - 1})
  insert into sessions (ref, version, subject, identity, scheme, rules, generation, issued_at, key_id, touched_at, created_at,
    claimed, over_at, removable_at, absolute_at, check_at)
  select 'ref' || i, 1, 'ada', '{}', 'basic', '{}', 1, 0, 1, 0, 0, 1, ${removableAt}, ${removableAt}, ${removableAt}, ${checkAt} + i from c`;

const countOf = (database: SqliteDatabase, what: string): number =>
  (database.prepare(`select count(*) as count from ${what}`).get() as { readonly count: number }).count;

function createWatchedPurge(most?: number) {
  const { database, changed } = createDatabase();
  const clock = createClock();
  const attempt = createAttempt(clock.platform, 1_500);
  const connection = createSqliteConnection(database, { read: attempt, write: attempt }, undefined);
  return { database, changed, clock, purge: createPurge(database, connection, clock.platform, { most }) };
}

test("sessions that were used are postponed among those that are over, which are removed up to the limit", async () => {
  const { database, purge } = createWatchedPurge();
  // The live ones stand before, between and after the dead ones.
  for (const [from, removableAt] of [
    [0, now + 1_000],
    [1_000, now - 1_000],
    [2_000, now + 1_000],
    [3_000, now - 1_000],
  ] as const) {
    database.exec(insertSessions(1_000, from, removableAt, now - 10_000));
  }
  assert.equal(await purge(1_500), 1_500);
  assert.equal(countOf(database, "sessions"), 2_500);
  assert.equal(countOf(database, `sessions where removable_at <= ${now}`), 500);
  assert.equal(await purge(1_500), 500);
  assert.equal(await purge(1_500), 0);
  assert.equal(countOf(database, `sessions where removable_at > ${now} and check_at = removable_at`), 2_000);
});

test("no step touches more rows than a step may, however many are over, and each is followed by a rest", async () => {
  const { database, changed, clock, purge } = createWatchedPurge();
  database.exec(insertSessions(20_000, 0, now - 1_000, now - 100_000));
  const begun = changed.length;
  assert.equal(await purge(5_000), 5_000);
  const steps = changed.slice(begun).filter((rows) => rows > 0);
  assert.ok(steps.every((rows) => rows <= 100));
  assert.ok(clock.rests.length >= steps.length - 1);
});

test("no statement of a purge walks or sorts a whole table: each finds its rows by an index", () => {
  const plans: string[] = [];
  const { database } = createDatabase();
  const recorded: SqliteDatabase = {
    isTransaction: false,
    prepare(sql) {
      if (/^(select|update|delete)/.test(sql)) {
        const plan = database
          .prepare(`explain query plan ${sql}`)
          .all(...Array<null>((sql.match(/\?(?!\d)/g) ?? []).length).fill(null));
        for (const { detail } of plan as { readonly detail: string }[]) plans.push(detail);
      }
      return database.prepare(sql);
    },
    exec: () => {},
    close: () => {},
  };
  const { platform } = createClock();
  createPurge(
    recorded,
    createSqliteConnection(database, { read: (action) => action(), write: (action) => action() }, undefined),
    platform,
  );
  assert.ok(plans.length > 15, `${plans.length}`);
  const walks = plans.filter((detail) => /TEMP B-TREE|^SCAN (?!\(|SUBQUERY|CONSTANT)/.test(detail));
  assert.deepEqual(walks, []);
});

test("a step that took long makes the next one smaller, and the rest after it longer; a short one larger", async () => {
  const { platform, rests, take } = createClock();
  const wanted: number[] = [];
  let tookMs = 40;
  const runSteps = createSteps(platform, async () => {});
  await runSteps(Number.POSITIVE_INFINITY, async (size) => {
    wanted.push(size);
    take(tookMs);
    if (wanted.length === 4) tookMs = 0;
    return { seen: wanted.length < 13 ? size : 0, removed: 0 };
  });
  assert.deepEqual(wanted, [20, 10, 5, 5, 5, 10, 20, 40, 80, 100, 100, 100, 100]);
  assert.ok(rests.slice(0, 8).filter((ms) => ms >= 80).length === 4, `${rests}`);
  assert.ok(rests.every((ms) => ms >= 1));
});

test("what a step has written is moved into the file before the next one", async () => {
  const { platform } = createClock();
  const said: string[] = [];
  const runSteps = createSteps(platform, async () => {
    await new Promise(setImmediate);
    said.push("moved");
  });
  let left = 60;
  await runSteps(Number.POSITIVE_INFINITY, async (size) => {
    const removed = Math.min(size, left);
    left -= removed;
    said.push(`${removed} of ${size}`);
    return { seen: removed, removed };
  });
  assert.deepEqual(said, ["20 of 20", "moved", "40 of 40", "moved", "0 of 80"]);
});

test("the time of one kind of rows is bounded, and the next purge goes on", async () => {
  const { platform, take } = createClock();
  const runSteps = createSteps(platform, async () => {});
  let steps = 0;
  await runSteps(Number.POSITIVE_INFINITY, async (size) => {
    steps += 1;
    take(1_000);
    return { seen: size, removed: 0 };
  });
  assert.ok(steps > 1 && steps < 9, `${steps}`);
});

test("records beyond the most that are kept go in the order in which they expire, also when they were written again", async () => {
  const { database, purge } = createWatchedPurge(100);
  database.exec(`
    with recursive c (i) as (select 0 union all select i + 1 from c where i < 999)
    insert into records (kind, id, version, json, over_at, check_at)
    select case i % 2 when 0 then 'account-budget' else 'source-budget' end, 'r' || i, 1, '{}',
      ${now} + 10000 + (i * 7919) % 1000, ${now} + 1000 + (i * 31) % 9000 from c`);
  assert.equal(await purge(500), 500);
  assert.equal(await purge(500), 300);
  assert.equal(await purge(500), 0);
  for (const kind of ["account-budget", "source-budget"]) {
    assert.equal(countOf(database, `records where kind = '${kind}'`), 100);
    const { least } = database.prepare(`select min(over_at) as least from records where kind = '${kind}'`).get() as {
      readonly least: number;
    };
    assert.equal(least, now + 10_800 + (kind === "account-budget" ? 0 : 1));
  }
});
