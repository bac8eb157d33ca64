import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemPlatform } from "../../src/base/platform.js";
import { createOneTimeProofs } from "../../src/engine/one-time-proofs.js";
import { apiKey } from "../../src/handlers/api-key/api-key.js";
import { createApiKey } from "../../src/handlers/api-key/record.js";
import { chain } from "../../src/handlers/chain.js";
import type { Handler, HandlerContext, RecheckContext } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import { htpasswdFile } from "../../src/handlers/password/htpasswd-file.js";
import { userFile } from "../../src/handlers/password/user-file.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import { authorizedKeys } from "../../src/handlers/private-key/authorized-keys.js";
import { privateKey } from "../../src/handlers/private-key/private-key.js";
import { requirePublicKey } from "../../src/handlers/private-key/verify-signature.js";
import { openKeys, randomKeys } from "../../src/keys/key-ring.js";
import type { Identity } from "../../src/model/identity.js";
import { memory } from "../../src/stores/memory/memory.js";
import { pairs, spkiOf } from "../wire/keys.js";
import { createWorld } from "../world.js";

const { platform: clock, advance } = createWorld();
const proofs = createOneTimeProofs({
  realm: "example",
  store: memory(),
  ask: (question) => question(),
  keys: openKeys(randomKeys(systemPlatform), systemPlatform),
})("basic");
const context = { proofs } as HandlerContext;

function temporary(t: TestContext, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "recheck-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

/** Writes a file, and turns the clock until the edit must have been seen. */
function edit(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  for (let second = 0; second < 4; second += 1) advance(1_000);
}

async function logIn(handler: Handler, payload: string) {
  const verdict = await handler.fromHeader?.(payload, context);
  assert.ok(verdict?.kind === "accepted", `${payload}: ${verdict?.kind}`);
  return verdict;
}

type LoggedIn = Awaited<ReturnType<typeof logIn>>;

/** What the handler says now of a caller whom it let in: their roles; `"gone"` without an account. */
async function ask(handler: Handler, { identity, via }: Pick<LoggedIn, "identity" | "via">) {
  const question: RecheckContext = { via, derive: proofs.derive, signal: new AbortController().signal };
  // As a row gives it back.
  const answer = await handler.recheck?.(JSON.parse(JSON.stringify(identity)) as Identity, question);
  if (!answer) return "gone";
  assert.equal(answer.subject, identity.subject);
  return answer.roles ?? [];
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** The tests' own hash: the password itself, so that a hash takes no time. */
const options = { platform: clock, verifyHash: async (hash: string, password: string) => hash.endsWith(password) };
const argon = (word: string): string => `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${word.padStart(42, "x")}A`;
const bcrypt = (word: string): string => `$2b$12$${"e".repeat(22)}${word.padStart(30, "x")}e`;

for (const [name, open, hash] of [
  ["user file", (path: string) => userFile(path, options), argon],
  ["htpasswd", (path: string) => htpasswdFile(path, { ...options, roles: (user) => [`${user}s`] }), bcrypt],
] as const) {
  test(`${name}: disabled, deleted, another password and other roles are seen in the next answer`, async (t) => {
    const path = temporary(t, "users");
    const roles = (list: string) => (name === "user file" ? `:${list}` : "");
    const line = (user: string, password: string, more = roles("user")) => `${user}:${hash(password)}${more}\n`;
    edit(path, line("ada", "one") + line("bob", "two"));
    const handler = basic(open(path));
    const password = (word: string) => hash(word).slice(-8);
    const ada = await logIn(handler, base64(`ada:${password("one")}`));
    const bob = await logIn(handler, base64(`bob:${password("two")}`));
    const first = await ask(handler, ada);
    assert.notEqual(first, "gone");
    assert.doesNotMatch(ada.via ?? "", /xxx|\$/);
    const epoch = handler.epoch?.();

    edit(path, line("ada", "three") + line("bob", "two"));
    assert.notEqual(handler.epoch?.(), epoch, "an edit without another epoch");
    assert.equal(await ask(handler, ada), "gone", "her password is another one");
    assert.notEqual(await ask(handler, bob), "gone", "his is the same");
    assert.notEqual(await ask(handler, { identity: ada.identity, via: undefined }), "gone", "a row without via");

    edit(path, line("bob", "two"));
    assert.equal(await ask(handler, { identity: ada.identity, via: undefined }), "gone", "deleted");

    if (name === "user file") {
      edit(path, line("ada", "one", roles("admin")) + line("bob", "two", ":user:disabled"));
      assert.deepEqual(await ask(handler, ada), ["admin"]);
      assert.equal(await ask(handler, bob), "gone", "disabled");
    }
  });
}

test("basic with a callback: what recheck says counts, and viaOf is its mark", async () => {
  const account = { subject: "ada", roles: ["user"], changedAt: 5 };
  let now: typeof account | null = account;
  const handler = basic({
    verify: () => account,
    viaOf: ({ changedAt }) => String(changedAt),
    recheck: (_identity, { via }) => (now !== null && via === String(now.changedAt) ? now : null),
  });
  const ada = await logIn(handler, base64("ada:x"));
  assert.equal(ada.via, "5");
  assert.deepEqual(await ask(handler, ada), ["user"]);
  now = { ...account, changedAt: 6 };
  assert.equal(await ask(handler, ada), "gone");
  now = null;
  assert.equal(await ask(handler, ada), "gone");
  assert.equal(basic({ verify: () => account }).recheck, undefined, "without a callback nothing is asked");
});

test("pre-shared keys: a key that was removed or replaced lets nobody in, one that stays does", async () => {
  const key = (letter: string) => `r0bot_7fGh2kLmNpQrStVwXyZ3456789AbC${letter}`;
  const both = preSharedKey({
    keys: { old: { key: key("x"), subject: "robot", roles: ["a"] }, new: { key: key("y"), subject: "robot" } },
  });
  const [old, recent] = [await logIn(both, key("x")), await logIn(both, key("y"))];
  assert.deepEqual(await ask(both, old), ["a"]);
  const one = preSharedKey({ keys: { new: { key: key("y"), subject: "robot", roles: ["b"] } } });
  assert.equal(await ask(one, old), "gone");
  assert.deepEqual(await ask(one, recent), ["b"]);
  const replaced = preSharedKey({ keys: { new: { key: key("z"), subject: "robot" } } });
  assert.equal(await ask(replaced, recent), "gone");
  assert.doesNotMatch(old.via ?? "", /r0bot/);
});

test("authorized keys: this key is removed while another stays, or has expired", async (t) => {
  const path = temporary(t, "keys");
  const [one, other] = [pairs.Ed25519, pairs["P-256"]].map((pair) => spkiOf(pair).toString("base64"));
  edit(path, `ada ${one}\nada roles="user" ${other}\n`);
  const handler = privateKey({ keys: authorizedKeys(path, { platform: clock }), platform: clock });
  const by = (spki = "") => {
    const { fingerprint } = requirePublicKey(spki);
    return { identity: { subject: "ada", roles: [], fingerprint }, via: fingerprint };
  };
  assert.deepEqual(await ask(handler, by(one)), []);
  assert.deepEqual(await ask(handler, by(other)), ["user"]);
  const epoch = handler.epoch?.();
  edit(path, `ada ${one}\n`);
  assert.notEqual(handler.epoch?.(), epoch);
  assert.deepEqual(await ask(handler, by(one)), []);
  assert.equal(await ask(handler, by(other)), "gone");
  edit(path, `ada expiry-time="20200101" ${one}\n`);
  assert.equal(await ask(handler, by(one)), "gone");
});

test("API keys: a session that one opened goes on until this key is revoked, removed or over", async () => {
  const first = createApiKey({ name: "first", subject: "robot", roles: ["a"] });
  const records = new Map([[first.record.id, { ...first.record }]]);
  const handler = apiKey({ keys: (id) => records.get(id), platform: clock });
  const robot = await logIn(handler, first.key);
  assert.equal(robot.via, first.record.id);
  assert.deepEqual(await ask(handler, robot), ["a"]);
  records.set(first.record.id, { ...first.record, roles: ["b"] });
  assert.deepEqual(await ask(handler, robot), ["b"]);
  records.set(first.record.id, { ...first.record, revokedAt: clock.now() });
  assert.equal(await ask(handler, robot), "gone");
  records.set(first.record.id, { ...first.record, expiresAt: clock.now() });
  assert.equal(await ask(handler, robot), "gone");
  records.delete(first.record.id);
  assert.equal(await ask(handler, robot), "gone");
});

test("a chain asks the handler that let the caller in, and no other", async () => {
  const account = (subject: string) => {
    const state = { there: true, epoch: 1 };
    const handler = basic({
      verify: (user) => user === subject && { subject: "ada", roles: [subject] },
      epoch: () => state.epoch,
      viaOf: () => `mark of ${subject}`,
      recheck: (_identity, { via }) => state.there && via === `mark of ${subject}` && { subject: "ada", roles: [] },
    });
    return { state, handler: { ...handler, fromHeader: declining(handler) } };
  };
  const declining = (handler: Handler) => async (payload: string, own: HandlerContext) => {
    const verdict = await handler.fromHeader?.(payload, own);
    return verdict?.kind === "rejected"
      ? ({ kind: "declined" } as const)
      : (verdict ?? ({ kind: "declined" } as const));
  };
  const [one, two] = [account("one"), account("two")];
  const handler = chain("Basic", [one.handler, two.handler]);
  const ada = await logIn(handler, base64("two:x"));
  assert.equal(ada.via, "1 mark of two");
  one.state.there = false;
  assert.notEqual(await ask(handler, ada), "gone");
  two.state.there = false;
  one.state.there = true;
  assert.equal(await ask(handler, ada), "gone");
  // The sum of the epochs is the same.
  const epoch = handler.epoch?.();
  one.state.epoch += 1;
  two.state.epoch -= 1;
  assert.notEqual(handler.epoch?.(), epoch);
  assert.equal(handler.epoch?.(), handler.epoch?.());
});
