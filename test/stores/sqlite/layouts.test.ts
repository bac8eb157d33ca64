import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { AuthError } from "../../../src/base/errors.js";
import { systemPlatform } from "../../../src/base/platform.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { schemaVersion, toLayout } from "../../../src/stores/sqlite/layout.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { longRules, wideCaps } from "../../../src/testing/store/context.js";

// Run from dist/test.
const layouts = fileURLToPath(new URL("../../../../test/stores/sqlite/layouts/", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

const platform = { ...systemPlatform, now: () => 1_900_000_000_000 };

function make(sql: string): string {
  const path = join(folder, `${++files}.db`);
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(sql);
  database.close();
  chmodSync(path, 0o600);
  return path;
}

const read = (version: number): string => readFileSync(join(layouts, `${version}.sql`), "utf8");

/** Opens a file, and collects what the operator is told. */
function open(path: string) {
  const warnings: string[] = [];
  return { store: sqlite(path, { platform, onWarning: (message) => void warnings.push(message) }), warnings };
}

const session = (ref: string) => ({
  ...{ realm: "example", ref, subject: "ada", actor: null, identity: '{"subject":"ada"}', scheme: "basic" },
  ...{ rules: longRules, keyId: 1, claimed: true },
});

describe("a database of every layout there was", () => {
  test("is kept, also of today's", () => {
    const kept = readdirSync(layouts).sort();
    assert.deepEqual(
      kept,
      Array.from({ length: schemaVersion }, (_, index) => `${index + 1}.sql`),
    );
  });

  for (let version = 1; version <= schemaVersion; version++) {
    test(`layout ${version}: its sessions go on, its ends hold, and its proofs and counts are there`, async () => {
      const path = make(read(version));
      const { store, warnings } = open(path);
      const [ada, bob] = ["a".repeat(22), "b".repeat(22)];
      const reading = (await store.loadSession(ada)) ?? assert.fail();
      const { row } = reading;
      assert.deepEqual(
        [row.subject, row.generation, row.version, row.realm],
        ["ada", 3, 7, version < 3 ? null : "example"],
      );
      assert.equal(row.recheckedAt, version < 4 ? 0 : 1_899_999_970_000);
      assert.equal((await store.swapSession(reading, { generation: 4 }, false))?.row.generation, 4);
      assert.equal((await store.loadSession(bob))?.row.revokedReason, "logout");
      assert.deepEqual(await store.loadState(ada), { version: 2, json: '["kept"]' });
      const late = await store.openSession({ ...session("c"), subject: "eve", loginMs: 5_000 }, wideCaps, true);
      assert.equal(late.row.revokedReason, "disabled");
      const kept = { version: 2, content: version < 5 ? undefined : "sealed", leaseMs: 0, isOver: false };
      assert.deepEqual(await store.loadSealed(ada, "db"), version < 5 ? { ...kept, version: 0 } : kept);
      assert.equal(await store.swapSealed(ada, "db", kept.content === undefined ? 0 : 2, "next", 0), true);
      assert.equal(await store.take("ticket", "t"), '{"kept":true}');
      assert.equal((await store.loadRecord("account-budget", "r")).version, version < 2 ? 0 : 3);
      await store.endSubject("ada", "off-boarded", "example");
      assert.equal((await store.loadSession(ada))?.row.revokedReason, "off-boarded");
      await store.close();
      const told = warnings.join();
      if (version === schemaVersion) assert.equal(told, "");
      else
        assert.match(
          told,
          new RegExp(
            `was changed from layout ${version} to ${schemaVersion}; .* go on, ${version < 4 ? "and cannot open it" : "also when"}`,
          ),
        );
      const again = open(path);
      assert.deepEqual(again.warnings, [], "it is changed once");
      await again.store.close();
    });
  }
});

describe("a database of a later layout", () => {
  const later = (userVersion: number): string =>
    `${read(schemaVersion)} alter table sessions add column later text; create table later (a); pragma user_version = ${userVersion};`;

  test("that says that older code can work on it is opened and left as it is", async () => {
    const path = make(later((schemaVersion << 16) | (schemaVersion + 2)));
    const { store, warnings } = open(path);
    const reading = (await store.loadSession("a".repeat(22))) ?? assert.fail();
    assert.equal((await store.swapSession(reading, { generation: 4 }, false))?.row.generation, 4);
    assert.equal((await store.openSession(session("new"), wideCaps, true)).row.subject, "ada");
    await store.close();
    assert.deepEqual(warnings, []);
    const database = new (loadDriver().DatabaseSync)(path, { timeout: 0 });
    const { user_version } = database.prepare("pragma user_version").get() as { readonly user_version: number };
    database.close();
    assert.deepEqual(toLayout(user_version), { version: schemaVersion + 2, oldest: schemaVersion });
  });

  test("that says otherwise, or nothing, is refused with what to do", () => {
    for (const oldest of [0, schemaVersion + 1]) {
      const path = make(later((oldest << 16) | (schemaVersion + 1)));
      assert.throws(
        () => open(path),
        (error) =>
          error instanceof AuthError &&
          /has layout 6 of a newer version .*, and this one knows 5; update sallyport, or restore a backup of before/.test(
            error.message,
          ),
      );
    }
  });
});
