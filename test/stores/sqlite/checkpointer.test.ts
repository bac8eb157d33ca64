import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { createCheckpointer } from "../../../src/stores/sqlite/checkpointer.js";
import { loadDriver, type SqliteDatabase } from "../../../src/stores/sqlite/driver.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));

function open(name: string) {
  const path = join(folder, name);
  const { DatabaseSync } = loadDriver();
  const database: SqliteDatabase = new DatabaseSync(path, { timeout: 0 });
  database.exec("pragma journal_mode = wal; create table pages (text)");
  const number = (sql: string): number => Object.values(database.prepare(sql).get() as Record<string, number>)[0] ?? 0;
  return {
    path,
    database,
    write(pages: number) {
      database.exec(
        `with recursive c (i) as (select 1 union all select i + 1 from c where i < ${pages}) insert into pages select zeroblob(4000) from c`,
      );
    },
    /** The pages of the log, and how many of them are in the file. */
    log: () => database.prepare("pragma wal_checkpoint(noop)").get() as { log: number; checkpointed: number },
    ownLog: () => number("pragma wal_autocheckpoint"),
  };
}

test("a long log is moved into the file by another thread, and then no write of this one does it", async () => {
  const { path, database, write, log, ownLog } = open("long.db");
  const checkpointer = createCheckpointer(database, path, systemPlatform);
  write(600);
  assert.deepEqual(log().checkpointed, 0);
  await checkpointer.run();
  const { log: pages, checkpointed } = log();
  assert.ok(pages > 600);
  assert.equal(checkpointed, pages);
  assert.equal(ownLog(), 10_000);
  checkpointer.close();
  assert.equal(ownLog(), 1_000, "without the thread SQLite does it again");
  database.close();
});

test("a short log starts no thread, and neither does a file that has gone", async () => {
  const { path, database, write, log, ownLog } = open("short.db");
  const checkpointer = createCheckpointer(database, path, systemPlatform);
  write(100);
  await checkpointer.run();
  assert.equal(log().checkpointed, 0);
  write(600);
  rmSync(path);
  await checkpointer.run();
  assert.equal(ownLog(), 1_000);
  checkpointer.close();
  database.close();
});

test("the thread ends when there was nothing to do for a while, and another one begins with the next long log", async () => {
  const timers: (() => void)[] = [];
  const platform: Platform = {
    ...systemPlatform,
    delay(_ms, done) {
      timers.push(done);
      return () => {};
    },
  };
  const { path, database, write, log, ownLog } = open("idle.db");
  const checkpointer = createCheckpointer(database, path, platform);
  write(600);
  await checkpointer.run();
  timers.at(-1)?.();
  assert.equal(ownLog(), 1_000);
  write(600);
  await checkpointer.run();
  assert.equal(log().checkpointed, log().log);
  checkpointer.close();
  database.close();
});
