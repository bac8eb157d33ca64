import assert from "node:assert/strict";
import type { fdatasync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import { createSqliteConnection, type SqliteConnection } from "../../../src/stores/sqlite/connection.js";
import { type Disk, openDisk } from "../../../src/stores/sqlite/disk.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "a.db");
const store = sqlite(path);
after(() => store.close());

type Finish = (error: NodeJS.ErrnoException | null) => void;

/** A disk whose flushes end when the test says so. */
function slowDisk(): { readonly disk: Disk; readonly flushes: Finish[] } {
  const flushes: Finish[] = [];
  const flush = ((_log: number, done: Finish) => void flushes.push(done)) as typeof fdatasync;
  return { disk: openDisk(path, flush), flushes };
}

const settled = (): Promise<void> => new Promise(setImmediate);

test("who comes while the log is flushed waits for the next flush, which serves all of them", async () => {
  const { disk, flushes } = slowDisk();
  const done: string[] = [];
  const flush = (name: string) => disk.flush().then(() => done.push(name));
  const waiting = [flush("first"), flush("second"), flush("third")];
  assert.equal(flushes.length, 1);
  flushes[0]?.(null);
  await settled();
  assert.deepEqual([done, flushes.length], [["first"], 2]);
  waiting.push(flush("fourth"));
  flushes[1]?.(null);
  await settled();
  assert.deepEqual([done, flushes.length], [["first", "second", "third"], 3]);
  flushes[2]?.(null);
  await Promise.all(waiting);
  disk.close();
});

test("a flush that fails is unavailable to who waited for it, and the next one is tried", async () => {
  const { disk, flushes } = slowDisk();
  const [first, second] = [disk.flush(), disk.flush()];
  flushes[0]?.(Object.assign(new Error("i/o"), { code: "EIO" }));
  await assert.rejects(
    first,
    (error) =>
      error instanceof AuthError &&
      error.code === "unavailable" &&
      error.message === "the session database cannot be flushed to the disk (EIO)",
  );
  await settled();
  flushes[1]?.(null);
  await second;
  disk.close();
});

test("a durable write is told to others when it is committed, and answered when it is on the disk", async () => {
  const { disk, flushes } = slowDisk();
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(":memory:", { timeout: 0 });
  const { write, writeOne }: SqliteConnection = createSqliteConnection(
    database,
    { read: (action) => action(), write: (action) => action() },
    disk,
  );
  const said: string[] = [];
  assert.equal(
    writeOne(false, () => "at once"),
    "at once",
  );
  const answers = [
    writeOne(true, () => said.push("one")),
    write(
      true,
      () => said.push("many"),
      () => said.push("committed"),
    ),
  ].map(async (answer) => said.push(`answered ${await answer}`));
  await settled();
  assert.deepEqual(said, ["one", "many", "committed"]);
  flushes[0]?.(null);
  await settled();
  flushes[1]?.(null);
  await Promise.all(answers);
  assert.deepEqual(said.slice(3), ["answered 1", "answered 2"]);
  disk.close();
  database.close();
});

test("ends, proofs and durable log-ins wait for the disk", async () => {
  const answers = [
    store.put("ticket", "a", "{}", 60_000),
    store.take("ticket", "a"),
    store.endSession("unknown", "logout"),
    store.endSubject("ada", "disabled", "example"),
  ];
  for (const answer of answers) assert.ok(answer instanceof Promise);
  assert.deepEqual(await Promise.all(answers), [true, "{}", false, undefined]);
});
