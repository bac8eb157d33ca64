import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import { createInternals } from "../../src/engine/front.js";
import type { Handler } from "../../src/handlers/handler.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Identity } from "../../src/model/identity.js";
import type { Session } from "../../src/model/session.js";
import type { Store } from "../../src/model/store.js";
import { createSightings } from "../../src/sessions/sightings.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const peer = { address: "192.0.2.1", trusted: false };
const target = { method: "POST", path: "/log-in" };
const recheckMs = 300_000;
const recheckStaleMs = 3_600_000;
const rotateAfterMs = 60_000;

interface Account {
  roles: readonly string[];
  via: string;
}

/** Accounts that several handlers read: each is a node's own view of them. */
function directory(accounts: Record<string, Account>, { epochs = true, slow = false } = {}) {
  const view = { accounts, epoch: 1, asked: 0, down: false };
  const handler: Handler<Identity> = {
    scheme: "Basic",
    opens: "session",
    fromHeader(payload) {
      const found = view.accounts[payload];
      if (found === undefined) return { kind: "rejected" };
      return { kind: "accepted", identity: { subject: payload, roles: found.roles }, via: found.via };
    },
    recheck({ subject }, { via }) {
      view.asked += 1;
      if (view.down) throw new Error("the directory is down");
      const found = view.accounts[subject];
      const answer = found !== undefined && found.via === via ? { subject, roles: found.roles } : undefined;
      return slow ? Promise.resolve(answer) : answer;
    },
    ...(epochs && { epoch: () => view.epoch }),
  };
  const edit = (changed: Record<string, Account>) => {
    view.accounts = changed;
    view.epoch += 1;
  };
  return { view, handler, edit };
}

const keys = randomKeys({ random: (bytes: number) => new Uint8Array(bytes).fill(7) } as never);

function world(t: TestContext) {
  const { platform, advance } = createWorld();
  const store = memory({ platform });
  const events: AuthEvent[] = [];
  const open: Auth[] = [];
  t.after(() => Promise.all(open.map((auth) => auth.close())));
  function node(handlers: readonly Handler<Identity>[], sightings = createSightings()) {
    const own: Store = { ...store, close: () => {} };
    const options = {
      handlers,
      store: own,
      platform,
      keys,
      recheckMs,
      recheckStaleMs,
      rotateAfterMs,
      overlapMs: 1_000,
    };
    const auth = createAuth(
      { ...options, onEvent: (event) => events.push(event) },
      { ...createInternals(), sightings },
    );
    open.push(auth);
    return auth;
  }
  const kinds = () => events.splice(0).map(({ kind }) => kind);
  return { node, advance, events, kinds, store, platform };
}

async function logIn(auth: Auth, user: string): Promise<{ token: string; session: Session }> {
  const outcome = await auth.logIn({ scheme: "Basic", payload: user }, { peer, target });
  if (outcome.kind !== "opened") assert.fail(outcome.kind);
  return { token: outcome.token, session: outcome.session };
}

/** The roles that a token has; the reason of a refusal. The next token takes the place of this one. */
async function present(auth: Auth, holder: { token: string }, options = {}): Promise<string> {
  const request = { method: "GET", path: "/", rawHeaders: ["authorization", `Bearer ${holder.token}`], peer };
  const decision = await auth.authenticate(request, options);
  if (decision.kind !== "allowed") return decision.kind === "denied" ? decision.reason : decision.kind;
  holder.token = decision.offer?.token ?? holder.token;
  return (decision.caller.identity.roles ?? []).join(" ");
}

const ada: Record<string, Account> = { ada: { roles: ["user"], via: "k1" } };

for (const slow of [false, true]) {
  test(`an edit is felt at the next call, by every node: gone, other roles, another key${slow ? ", by a promise" : ""}`, async (t) => {
    const { node, kinds, store } = world(t);
    const [one, two] = [directory(ada, { slow }), directory(ada, { slow })];
    const [first, second] = [node([one.handler]), node([two.handler])];
    const holder = await logIn(first, "ada");
    for (const auth of [first, second, first, second]) assert.equal(await present(auth, holder), "user");
    const { asked } = one.view;
    for (let call = 0; call < 10; call += 1) await present(first, holder);
    assert.equal(one.view.asked, asked, "a remembered token asks nothing");
    kinds();

    for (const { edit } of [one, two]) edit({ ada: { roles: ["user", "admin"], via: "k1" } });
    assert.equal(await present(first, holder), "user admin");
    assert.equal(await present(second, holder), "user admin");
    assert.deepEqual(kinds(), []);
    assert.match((await store.loadSession(holder.session.ref))?.row.identity ?? "", /admin/, "the row has it too");

    for (const { edit } of [one, two]) edit({ ada: { roles: [], via: "k1" } });
    assert.equal(await present(second, holder), "");
    assert.equal(await present(first, holder), "");

    for (const { edit } of [one, two]) edit({ ada: { roles: [], via: "k2" } });
    assert.equal(await present(first, holder), "revoked");
    assert.equal(await present(second, holder), "revoked");
    const ended = (await store.loadSession(holder.session.ref))?.row.revokedReason;
    assert.equal(ended, "account gone");
  });
}

test("a remembered token of a handler without an epoch is asked about every recheckMs, and when it turns", async (t) => {
  const { node, advance } = world(t);
  const { view, handler } = directory(ada, { epochs: false });
  const auth = node([handler]);
  const holder = await logIn(auth, "ada");
  await present(auth, holder);
  assert.equal(view.asked, 0, "the log-in was a question already");
  advance(rotateAfterMs);
  await present(auth, holder);
  assert.equal(view.asked, 1, "it turns");
  await present(auth, holder);
  view.accounts = {};
  advance(2_000);
  assert.equal(await present(auth, holder), "user", "a directory does not tell by itself");
  advance(recheckMs);
  assert.equal(await present(auth, holder), "revoked");
});

test("overlapping, or never turning: recheckMs bounds it all the same", async (t) => {
  const { node, advance } = world(t);
  const { view, handler } = directory(ada, { epochs: false });
  const auth = node([handler]);
  const holder = await logIn(auth, "ada");
  await present(auth, holder);
  view.accounts = {};
  // `rotate: false` never turns.
  let out = 0;
  for (let second = 0; second <= recheckMs / 1_000; second += 10) {
    if ((await present(auth, holder, { rotate: false })) === "revoked") break;
    advance(10_000);
    out = second;
  }
  assert.ok(out < recheckMs / 1_000, `let in until second ${out}`);
  assert.equal(await present(auth, holder, { rotate: false }), "revoked");
});

test("a rolling deploy: a node that does not know a user yet refuses them itself, and ends nothing", async (t) => {
  const { node, kinds, events } = world(t);
  const [fresh, old] = [directory({ ...ada, eve: { roles: ["user"], via: "k9" } }), directory(ada)];
  const [first, second] = [node([fresh.handler]), node([old.handler])];
  const holder = await logIn(first, "eve");
  assert.equal(await present(first, holder), "user");
  kinds();
  assert.equal(await present(second, holder), "unavailable");
  assert.equal(events.find(({ kind }) => kind === "recheck-disagrees")?.kind, "recheck-disagrees");
  assert.equal(await present(first, holder), "user", "the session goes on");
  old.edit({ ...ada, eve: { roles: ["user"], via: "k9" } });
  assert.equal(await present(second, holder), "user");
  // Now it has seen them, and may end for all what it sees go.
  old.edit(ada);
  assert.equal(await present(second, holder), "revoked");
  assert.equal(await present(first, holder), "revoked");
});

test("roles that differ between two nodes for a while do not flip in the row", async (t) => {
  const { node, advance, store } = world(t);
  const [one, two] = [directory(ada), directory({ ada: { roles: ["user", "admin"], via: "k1" } })];
  const [first, second] = [node([one.handler]), node([two.handler])];
  const holder = await logIn(first, "ada");
  const { ref } = holder.session;
  const before = (await store.loadSession(ref))?.row.identity;
  for (let minute = 0; minute < 10; minute += 1) {
    assert.equal(await present(first, holder), "user");
    assert.equal(await present(second, holder), "user admin", "as this node knows her");
    advance(rotateAfterMs / 2);
  }
  assert.equal((await store.loadSession(ref))?.row.identity, before);
  one.edit({ ada: { roles: ["user", "admin"], via: "k1" } });
  assert.equal(await present(first, holder), "user admin");
  assert.equal(await present(second, holder), "user admin");
  assert.match((await store.loadSession(ref))?.row.identity ?? "", /admin/);
});

test("a handler that is not there refuses, and ends only what this process has let in by it", async (t) => {
  const { node, store } = world(t);
  const other: Handler<Identity> = { scheme: "Other", opens: "session", fromHeader: () => ({ kind: "rejected" }) };
  const sightings = createSightings();
  const before = node([directory(ada).handler], sightings);
  const holder = await logIn(before, "ada");
  assert.equal(await present(before, holder), "user");
  const stranger = node([other]);
  assert.equal(await present(stranger, holder), "no_handler");
  assert.equal((await store.loadSession(holder.session.ref))?.row.revokedAt, null);
  const reloaded = node([other], sightings);
  assert.equal(await present(reloaded, holder), "revoked");
  assert.equal((await store.loadSession(holder.session.ref))?.row.revokedReason, "handler removed");
});

test("a directory that cannot tell changes nothing for recheckStaleMs, then callers get 503, and it heals", async (t) => {
  const { node, advance, kinds } = world(t);
  const { view, handler } = directory(ada, { epochs: false, slow: true });
  const auth = node([handler]);
  const holder = await logIn(auth, "ada");
  await present(auth, holder);
  view.down = true;
  kinds();
  const answers: string[] = [];
  for (let minute = 0; minute < recheckStaleMs / 60_000 + 2; minute += 1) {
    answers.push(await present(auth, holder));
    advance(60_000);
  }
  const firstRefused = answers.indexOf("unavailable");
  assert.ok(firstRefused > 50 && answers.slice(firstRefused).every((answer) => answer === "unavailable"), `${answers}`);
  assert.ok(kinds().includes("recheck-failed"));
  view.down = false;
  assert.equal(await present(auth, holder), "user");
});

test("a hundred sessions of one account share one question, and a thousand accounts ask 64 at a time", async (t) => {
  const { node, advance } = world(t);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`user${n}`, { roles: [], via: "k" }]));
  const { view, handler } = directory({ ...ada, ...many }, { epochs: false });
  let underWay = 0;
  let most = 0;
  const release: (() => void)[] = [];
  const slow: Handler<Identity> = {
    ...handler,
    recheck: async (identity, context) => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((resolve) => release.push(resolve));
      underWay -= 1;
      return (handler.recheck as NonNullable<typeof handler.recheck>)(identity, context);
    },
  };
  const auth = node([slow]);
  const same = await Promise.all(Array.from({ length: 100 }, () => logIn(auth, "ada")));
  const others = await Promise.all(Object.keys(many).map((user) => logIn(auth, user)));
  for (const holder of [...same, ...others]) await present(auth, holder);
  advance(recheckMs);
  const answers = [...same, ...others].map((holder) => present(auth, holder, { rotate: false }));
  while (release.length > 0 || underWay > 0) {
    for (const done of release.splice(0)) done();
    await new Promise(setImmediate);
  }
  for (const answer of await Promise.all(answers)) assert.match(answer, /^(user)?$/);
  assert.ok(most <= 64, `${most} at once`);
  assert.ok(view.asked <= 1 + 63, `${view.asked} questions`);
});

test("the actor who operates as an account is asked about too: out is out for both", async (t) => {
  const { platform, advance } = createWorld();
  const { edit, handler } = directory({ ...ada, root: { roles: ["admin"], via: "k0" } });
  const auth = createAuth({
    handlers: [handler],
    store: memory({ platform }),
    platform,
    operateAs: {
      identify: (subject) => (subject === "ada" ? { subject, roles: ["user"] } : undefined),
      grant: () => ({}),
    },
  });
  t.after(() => auth.close());
  const outcome = await auth.logIn(
    { scheme: "Basic", payload: "root" },
    { peer, target, operateAs: { subject: "ada", reason: "a test" } },
  );
  if (outcome.kind !== "opened") assert.fail(outcome.kind);
  const holder = { token: outcome.token };
  assert.equal(await present(auth, holder), "user");
  edit(ada);
  advance(1_000);
  assert.equal(await present(auth, holder), "revoked");
});
