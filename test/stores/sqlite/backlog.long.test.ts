import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { createCheckpointer } from "../../../src/stores/sqlite/checkpointer.js";
import { createSqliteConnection } from "../../../src/stores/sqlite/connection.js";
import type { SqliteDatabase } from "../../../src/stores/sqlite/driver.js";
import { openDatabase } from "../../../src/stores/sqlite/file.js";
import { createPurge } from "../../../src/stores/sqlite/purge.js";
import { type Attempt, createAttempt } from "../../../src/stores/sqlite/retry.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { longRules, realm, wideCaps } from "../../../src/testing/store/context.js";

const rows = 1_000_000;

/** Of those that the backlog needs: enough to tell one in a thousand. */
const wantedSteps = 3_000;

/** What a step may take of the event loop and of the write lock, in milliseconds. */
const mostMs = 10;

/** The time of this thread, in milliseconds: on a core, and waiting for one. Linux alone says so. */
function threadTimes(): { readonly onCore: number; readonly waiting: number } {
  const [onCore = 0, waiting = 0] = readFileSync("/proc/self/schedstat", "latin1").split(" ").map(Number);
  return { onCore: onCore / 1e6, waiting: waiting / 1e6 };
}

interface StepTimes {
  readonly wall: number;
  /** Without the time in which other processes had the cores. The rest of it is the disk's. */
  readonly own: number;
  readonly onCore: number;
}

/** A database with rows that expired in the order of nothing else, as after a night without a process. */
async function createBacklog(path: string): Promise<SqliteDatabase> {
  const store = sqlite(path);
  const identity = JSON.stringify({ subject: "ada", roles: ["user", "admin"], email: "ada@example.org" });
  const content = { realm, subject: "ada", actor: null, identity, scheme: "basic", rules: longRules, keyId: 1 };
  await store.openSession({ ...content, ref: "template", claimed: true }, wideCaps, false);
  await store.close();
  const options = { platform: systemPlatform, deadlineMs: 1_500, create: false, onWarning: () => {} };
  const database = openDatabase(path, options);
  const own = new Set(["id", "ref", "subject", "check_at", "removable_at", "over_at"]);
  const columns = database.prepare("pragma table_info(sessions)").all() as { readonly name: string }[];
  const others = columns.map(({ name }) => name).filter((name) => !own.has(name));
  database.exec(`
    insert into sessions (ref, subject, check_at, removable_at, over_at, ${others})
    with recursive c (i) as (select 0 union all select i + 1 from c where i < ${rows - 1})
    select hex(randomblob(11)), 's' || (i * 7919 % 5000), 1000000 + (i * 104729) % 900000, 2000000, 2000000,
      ${others.map((name) => `t.${name}`)} from c, sessions t where t.ref = 'template';
    pragma wal_checkpoint(truncate);`);
  return database;
}

test(`each step of the purge of ${rows} expired sessions holds the event loop and the write lock for ${mostMs} ms at most`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-backlog-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "sessions.db");
  const database = await createBacklog(path);
  const checkpointer = createCheckpointer(database, path, systemPlatform);
  const attempt = createAttempt(systemPlatform, 1_500);
  const steps: StepTimes[] = [];
  /** All that a step does of the database is in one call: from the lock to the commit. */
  const timed: Attempt = (action) =>
    attempt(() => {
      const [before, begun] = [threadTimes(), performance.now()];
      try {
        return action();
      } finally {
        const [wall, after] = [performance.now() - begun, threadTimes()];
        const onCore = after.onCore - before.onCore;
        steps.push({ wall, onCore, own: Math.max(onCore, wall - (after.waiting - before.waiting)) });
      }
    });
  const connection = createSqliteConnection(database, { read: timed, write: timed }, undefined);
  const purge = createPurge(database, connection, systemPlatform, { checkpoint: () => checkpointer.run() });
  let removed = 0;
  while (steps.length < wantedSteps) removed += await purge(500);
  checkpointer.close();
  database.close();

  const late = { wall: 0, own: 0, onCore: 0 };
  for (const name of ["wall", "own", "onCore"] as const) {
    const times = steps.map((step) => step[name]).sort((a, b) => a - b);
    const at = (part: number): string => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1);
    late[name] = times.filter((ms) => ms > mostMs).length;
    const more = `${late[name]} of ${times.length} took more than ${mostMs} ms`;
    t.diagnostic(`${name}: median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)} ms; ${more}`);
  }
  t.diagnostic(`${removed} rows removed`);
  // What others do to the cores and to the disk is not in the hands of a step.
  assert.equal(late.onCore, 0);
});
