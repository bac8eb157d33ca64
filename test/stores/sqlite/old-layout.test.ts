import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import type { Identity } from "../../../src/model/identity.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { createWorld } from "../../world.js";

/** Schema 4 asks handlers again about accounts; a row of schema 3 does not say when one was asked. */
const toSchema3 =
  "drop trigger sealed_go; drop table sealed; alter table sessions drop column rechecked_at; pragma user_version = 3";

const peer = { address: "192.0.2.1", trusted: false };
const recheckMs = 300_000;

function world(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "old-layout-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "sessions.db");
  const { platform, advance } = createWorld();
  const keys = randomKeys(platform);
  const directory = { isThere: true, isDown: false, asked: 0 };
  const handler: Handler<Identity> = {
    scheme: "Basic",
    opens: "session",
    fromHeader: () => ({ kind: "accepted", identity: { subject: "ada" } }),
    recheck(identity) {
      directory.asked += 1;
      if (directory.isDown) throw new Error("the directory is down");
      return directory.isThere && identity;
    },
  };
  const open = () => {
    const store = sqlite(path, { platform });
    const auth = createAuth({ handlers: [handler], store, keys, platform, rotateAfterMs: 60_000, onEvent: () => {} });
    return { store, auth };
  };
  return { path, open, advance, directory };
}

async function present(auth: Auth, holder: { token: string }): Promise<string> {
  const request = { method: "GET", path: "/", rawHeaders: ["authorization", `Bearer ${holder.token}`], peer };
  const decision = await auth.authenticate(request);
  if (decision.kind !== "allowed") return decision.kind === "denied" ? decision.reason : decision.kind;
  holder.token = decision.offer?.token ?? holder.token;
  return "in";
}

test("a database of the layout before opens, its sessions go on and turn, and their accounts are asked about", async (t) => {
  const { path, open, advance, directory } = world(t);
  const before = open();
  const outcome = await before.auth.logIn(
    { scheme: "Basic", payload: "" },
    { peer, target: { method: "POST", path: "/" } },
  );
  if (outcome.kind !== "opened") return assert.fail(outcome.kind);
  const holder = { token: outcome.token };
  const { ref } = outcome.session;
  assert.equal(await present(before.auth, holder), "in");
  await before.auth.close();
  const database = new (loadDriver().DatabaseSync)(path, { timeout: 0 });
  database.exec(toSchema3);
  database.close();

  const { auth, store } = open();
  t.after(() => auth.close());
  const rowNow = async () => (await store.loadSession(ref))?.row ?? assert.fail("the session is gone");
  assert.equal((await rowNow()).recheckedAt, 0);
  directory.isDown = true;
  for (let minute = 0; minute < 5; minute += 1) {
    assert.equal(await present(auth, holder), "in", "no answer was ever given, so none is too old");
    advance(60_000);
  }
  assert.ok((await rowNow()).generation > 1, "its token turns");
  assert.ok(directory.asked > 0);
  directory.isDown = false;
  advance(recheckMs);
  assert.equal(await present(auth, holder), "in");
  assert.ok((await rowNow()).recheckedAt > 0);
  directory.isThere = false;
  advance(recheckMs);
  assert.equal(await present(auth, holder), "revoked");
  return undefined;
});
