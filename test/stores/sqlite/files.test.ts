import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import type { Store } from "../../../src/model/store.js";
import { resolveRules } from "../../../src/sessions/rules.js";
import { isSafe, loadDriver } from "../../../src/stores/sqlite/driver.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${++files}.db`);

function refuses(path: string, message: RegExp): void {
  assert.throws(
    () => sqlite(path),
    (error) => error instanceof AuthError && error.code === "invalid_options" && message.test(error.message),
  );
}

function run(path: string, sql: string): void {
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(sql);
  database.close();
}

/** What a file was made of. */
function tablesOf(path: string): unknown[] {
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  const tables = database.prepare("select sql from sqlite_schema where sql is not null order by name").all();
  const version = database.prepare("pragma user_version").get();
  database.close();
  return [...tables, version];
}

test("the database and what stands beside it are the owner's alone, whatever the umask", () => {
  const path = newPath();
  const before = process.umask(0);
  const store = sqlite(path);
  process.umask(before);
  for (const suffix of ["", "-wal", "-shm"]) assert.equal(statSync(path + suffix).mode & 0o777, 0o600, suffix);
  assert.equal(store.durable, true);
  assert.equal(store.keyFile, `${path}.keys`);
  return store.close();
});

test("a database in memory is not durable and has no key file", () => {
  const store = sqlite(":memory:");
  assert.equal(store.durable, false);
  assert.equal(store.keyFile, undefined);
  return store.close();
});

test("a file that other users may write is refused, with the command that helps", async () => {
  for (const mode of [0o660, 0o602]) {
    const path = newPath();
    writeFileSync(path, "");
    chmodSync(path, mode);
    refuses(path, /may be written by other users; run: chmod 600 /);
    chmodSync(path, 0o600);
    await sqlite(path).close();
  }
});

test("a file that is no database, or the database of something else, is refused and left alone", () => {
  const text = newPath();
  writeFileSync(text, "x".repeat(5_000), { mode: 0o600 });
  refuses(text, /is not a SQLite database/);
  const foreign = newPath();
  run(foreign, "create table guests (name text)");
  chmodSync(foreign, 0o600);
  refuses(foreign, /is a database of another program; give another path/);
  run(foreign, "select name from guests; create table still_not_wal (a)");
  const marked = newPath();
  run(marked, "pragma application_id = 7; create table guests (name text)");
  chmodSync(marked, 0o600);
  refuses(marked, /is a database of another program/);
});

test("a newer schema is refused with what to do", async () => {
  const path = newPath();
  await sqlite(path).close();
  run(path, "pragma user_version = 6");
  refuses(path, /has layout 6 of a newer version of sallyport, and this one knows 5; update sallyport, or restore/);
});

const withoutSealed = "drop trigger sealed_go; drop table sealed;";

const withoutRechecks = "alter table sessions drop column rechecked_at;";

const withoutRealms = `${withoutSealed} ${withoutRechecks} alter table sessions drop column realm; alter table ends drop column realm;`;

test("a file of the schema before is brought up to date, once, and keeps what is in it", async () => {
  const path = newPath();
  const before = sqlite(path);
  await before.put("ticket", "a", "kept", 60_000);
  await before.close();
  run(path, `${withoutRealms} drop table records; pragma user_version = 1`);
  const stores = [sqlite(path), sqlite(path)];
  assert.equal(await stores[0]?.swapRecord("account-budget", "r", 0, "new", 60_000), true);
  assert.equal((await stores[1]?.loadRecord("account-budget", "r"))?.json, "new");
  assert.equal(await stores[1]?.take("ticket", "a"), "kept");
  for (const store of stores) await store.close();
  const fresh = newPath();
  await sqlite(fresh).close();
  assert.deepEqual(tablesOf(path), tablesOf(fresh));
});

test("a session of the layout without realms is of every realm, until it is over", async () => {
  const path = newPath();
  const before = sqlite(path);
  const rules = resolveRules({});
  const session = { realm: "lost", subject: "ada", actor: null, identity: "{}", scheme: "basic", rules };
  const caps = { claimed: 2, unclaimed: 2 };
  const open = (store: Store, ref: string, realm: string) =>
    store.openSession({ ...session, realm, ref, keyId: 1, claimed: true }, caps, true);
  for (const ref of ["a", "b"]) await open(before, ref, "lost");
  await before.close();
  run(path, `${withoutRealms} pragma user_version = 2`);
  const store = sqlite(path);
  assert.equal((await store.loadSession("a"))?.row.realm, null);
  const refs = async (realm: string) => (await store.listSessions({ realm, limit: 9 })).map(({ ref }) => ref);
  assert.deepEqual(await refs("one"), ["a", "b"]);
  assert.deepEqual((await open(store, "c", "one")).evicted, ["a"], "it counts in every realm");
  assert.deepEqual(await refs("other"), ["b"]);
  await store.endSubject("ada", "disabled", "other");
  assert.deepEqual(await refs("one"), ["c"]);
  await store.close();
});

test("a path that is not one is refused", () => {
  refuses("", /takes the path of a file/);
  refuses("file:sessions.db?mode=memory", /takes the path of a file/);
  refuses(join(folder, "missing", "a.db"), /the folder of .* does not exist; create it/);
  refuses(folder, /is not a file; give the path of one/);
});

test("a database that another process keeps locked for a moment is opened when it is free", async () => {
  const path = newPath();
  run(path, "");
  chmodSync(path, 0o600);
  const driver = new URL("../../../src/stores/sqlite/driver.js", import.meta.url).href;
  const script = `
    const { loadDriver } = await import(${JSON.stringify(driver)});
    const database = new (loadDriver().DatabaseSync)(${JSON.stringify(path)}, { timeout: 0 });
    database.exec("begin exclusive");
    process.stdout.write("locked");
    setTimeout(() => database.close(), 300);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(other.stdout, "data");
  const store = sqlite(path);
  assert.equal(await store.put("ticket", "a", "{}", 60_000), true);
  await store.close();
});

test("a restart finds the sessions of before", async () => {
  const path = newPath();
  const first = sqlite(path);
  await first.put("ticket", "a", "kept", 60_000);
  await first.close();
  const second = sqlite(path);
  assert.equal(await second.take("ticket", "a"), "kept");
  await second.close();
});

test("only a SQLite that is safe to share is used", () => {
  for (const version of ["3.51.3", "3.51.10", "3.52.0", "3.53", "4.0.0"]) assert.equal(isSafe(version), true, version);
  for (const version of ["3.51.2", "3.45.1", "3.51", "2.99.99", ""]) assert.equal(isSafe(version), false, version);
});

test("a missing driver is named, with the command that installs it", () => {
  const module = new URL("../../../src/stores/sqlite/sqlite.js", import.meta.url).href;
  const script = `
    import Module from "node:module";
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (name.endsWith("sqlite")) throw Object.assign(new Error("no " + name), { code: "MODULE_NOT_FOUND" });
      return load(name, ...rest);
    };
    const { sqlite } = await import(${JSON.stringify(module)});
    try { sqlite(":memory:"); } catch (error) { console.log(error.code + ": " + error.message); }`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.match(said, /^invalid_options: .*@photostructure\/sqlite is not installed; run: npm install @photostructure/);
});

test("a folder is no database, and no advice changes its rights", () => {
  const path = newPath();
  mkdirSync(path, { mode: 0o777 });
  chmodSync(path, 0o777);
  refuses(path, /^(?!.*chmod).*is not a file; give the path of one, such as \.\/sessions\.db$/);
});
