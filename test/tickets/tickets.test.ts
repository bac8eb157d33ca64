import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import type { AuthOptions } from "../../src/engine/options.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import type { Store } from "../../src/model/store.js";
import type { OperateAsRule } from "../../src/policies/operate-as/rules.js";
import { memory } from "../../src/stores/memory/memory.js";
import { request, start, type User } from "../policies/operate-as/operate-as-world.js";

async function withCaller(rules: readonly OperateAsRule[] = [], options: Partial<AuthOptions<Handler<User>>> = {}) {
  const world = start(rules, options);
  const opened = await world.opened("ada");
  const caller = await world.callerOf(opened.token);
  async function issue(service = "reports", more = {}) {
    const issued = await world.auth.tickets.issue(caller, { service, ...more });
    assert.ok(issued.kind === "issued");
    return issued;
  }
  return { ...world, caller, issue, session: opened.session };
}

test("7. A ticket is redeemed once, by the service that it was issued for", async () => {
  const { auth, issue, session, events } = await withCaller();
  const { ticket, expiresAt } = await issue();
  assert.match(ticket, /^spt_[A-Za-z0-9_-]{108}$/);
  assert.ok(expiresAt > 1_800_000_000_000);
  const redeemed = await auth.tickets.redeem(ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  assert.equal(redeemed.identity.subject, "ada");
  assert.equal(redeemed.ref, session.ref);
  assert.equal(redeemed.scheme, "basic");
  assert.deepEqual(await auth.tickets.redeem(ticket, "reports"), { kind: "refused", reason: "used" });
  assert.deepEqual(
    events.filter(({ kind }) => kind.startsWith("ticket-")).map((event) => ({ ...event })),
    [
      { kind: "ticket-issued", ref: session.ref, subject: "ada", actor: undefined, service: "reports" },
      { kind: "ticket-redeemed", ref: session.ref, subject: "ada", actor: undefined, service: "reports" },
      { kind: "ticket-misused", ref: session.ref, reason: "used", service: "reports" },
    ],
  );
  assert.ok(!session.ended);
});

test("a ticket at the wrong service is refused with an alarm, and is dead for the right one too", async () => {
  const { auth, issue, events } = await withCaller();
  const { ticket } = await issue();
  assert.deepEqual(await auth.tickets.redeem(ticket, "Reports"), { kind: "refused", reason: "wrong_service" });
  assert.deepEqual(await auth.tickets.redeem(ticket, "reports"), { kind: "refused", reason: "used" });
  assert.equal(events.filter(({ kind }) => kind === "ticket-misused").length, 2);
});

test("a ticket that comes late has expired, also by a node whose clock is behind: no alarm, and its session goes on", async () => {
  const own = start([]);
  const store = memory({ platform: own.platform });
  const keys = randomKeys();
  const events: string[] = [];
  const node = (behindMs: number) =>
    createAuth({
      handlers: [basic({ verify: (subject) => ({ subject }) })],
      store,
      keys,
      platform: { ...own.platform, now: () => own.platform.now() - behindMs },
      onTicketMisuse: () => "revoke",
      onEvent: ({ kind }) => void events.push(kind),
    });
  const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/" } };
  for (const [issuerBehindMs, redeemerBehindMs] of [
    [0, 3_000],
    [-3_000, 0],
    [-3_000, 6_000],
    [3_000, 3_000],
  ] as const) {
    const [issuer, redeemer] = [node(issuerBehindMs), node(redeemerBehindMs)];
    const opened = await issuer.logIn({ scheme: "basic", payload: btoa("ada:x") }, context);
    assert.ok(opened.kind === "opened");
    const issue = async () => {
      const issued = await issuer.tickets.issue(opened.caller, { service: "s" });
      return issued.kind === "issued" ? issued.ticket : assert.fail(issued.reason);
    };
    const [late, twice] = [await issue(), await issue()];
    assert.equal((await redeemer.tickets.redeem(twice, "s")).kind, "redeemed");
    own.advance(31_500);
    assert.deepEqual(await redeemer.tickets.redeem(late, "s"), { kind: "refused", reason: "expired" });
    assert.ok(!events.includes("ticket-misused"));
    assert.equal(opened.session.ended, false);
  }
});

test("a misused ticket ends its session where the policy says so, and where the policy fails", async () => {
  for (const onTicketMisuse of [
    () => "revoke" as const,
    () => {
      throw new Error("the policy fails");
    },
  ]) {
    const { auth, issue, call, session } = await withCaller([], { onTicketMisuse });
    const { ticket } = await issue();
    await auth.tickets.redeem(ticket, "reports");
    await auth.tickets.redeem(ticket, "reports");
    assert.ok(session.ended);
    void call;
  }
});

test("a ticket dies with its session, however that ends, and whatever happens between", async () => {
  for (const end of ["log-out", "subject", "expiry"] as const) {
    const { auth, issue, session, advance } = await withCaller([], { rotateAfterMs: 5_000, idleMs: 10_000 });
    const { ticket } = await issue("reports", { lifeMs: 300_000 });
    if (end === "log-out") await session.end();
    if (end === "subject") await auth.sessions.endSubject("ada");
    if (end === "expiry") advance(20_000);
    assert.deepEqual(await auth.tickets.redeem(ticket, "reports"), { kind: "refused", reason: "session_ended" }, end);
  }
});

test("a session that ends while its ticket is being redeemed wins", async () => {
  const { platform } = start([]);
  const inner = memory({ platform });
  let between: () => Promise<void> = async () => {};
  const store: Store = {
    ...inner,
    async take(kind, id) {
      const json = await inner.take(kind, id);
      await between();
      return json;
    },
  };
  const { auth, issue, session } = await withCaller([], { store });
  const { ticket } = await issue();
  between = () => session.end();
  assert.deepEqual(await auth.tickets.redeem(ticket, "reports"), { kind: "refused", reason: "session_ended" });
});

test("too late is expired, without an alarm", async () => {
  const { auth, issue, advance, events } = await withCaller();
  const { ticket } = await issue();
  advance(30_000);
  assert.deepEqual(await auth.tickets.redeem(ticket, "reports"), { kind: "refused", reason: "expired" });
  assert.ok(!events.some(({ kind }) => kind === "ticket-misused"));
});

test("a ticket with any one character changed is refused, and the store is not asked", async () => {
  const { platform } = start([]);
  const inner = memory({ platform });
  let asked = 0;
  const store: Store = {
    ...inner,
    take(kind, id) {
      asked += 1;
      return inner.take(kind, id);
    },
  };
  const { auth, issue } = await withCaller([], { store });
  const { ticket } = await issue();
  for (let at = 0; at < ticket.length; at++) {
    const other = ticket[at] === "A" ? "B" : "A";
    const forged = ticket.slice(0, at) + other + ticket.slice(at + 1);
    assert.deepEqual(await auth.tickets.redeem(forged, "reports"), { kind: "refused", reason: "invalid_ticket" });
  }
  for (const junk of ["", "spt_", `${ticket}A`, ticket.slice(0, -1), ticket.toLowerCase(), ` ${ticket}`]) {
    assert.deepEqual(await auth.tickets.redeem(junk, "reports"), { kind: "refused", reason: "invalid_ticket" });
  }
  assert.equal(asked, 0);
  assert.equal((await auth.tickets.redeem(ticket, "reports")).kind, "redeemed");
});

test("a ticket is no token, a token no ticket, and neither of another realm", async () => {
  const keys = randomKeys();
  const { auth, issue, platform, opened } = await withCaller([], { keys });
  const { ticket } = await issue();
  const decision = await auth.authenticate(request(`Bearer ${ticket}`));
  assert.equal(decision.kind, "denied");
  const { token } = await opened("bob");
  assert.equal((await auth.tickets.redeem(token, "reports")).kind, "refused");
  const handler: Handler = { scheme: "Key", opens: "session", fromHeader: () => ({ kind: "declined" }) };
  const other = createAuth({ handlers: [handler], keys, realm: "other", store: memory({ platform }), platform });
  const refused = await other.tickets.redeem(ticket, "reports");
  assert.deepEqual(refused, { kind: "refused", reason: "invalid_ticket" });
});

test("for one ticket somebody operates as another, by the rules for that service only", async () => {
  const rules: readonly OperateAsRule[] = [{ actors: ["ada"], targets: ["bob"], services: ["reports"] }];
  const { auth, issue, caller, logIn, current } = await withCaller(rules);
  const { ticket } = await issue("reports", { operateAs: { subject: "bob" } });
  const redeemed = await auth.tickets.redeem(ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  assert.deepEqual(redeemed.identity, { subject: "bob", roles: ["user"] });
  assert.equal(redeemed.actor?.subject, "ada");
  const elsewhere = await auth.tickets.issue(caller, { service: "billing", operateAs: { subject: "bob" } });
  assert.equal(elsewhere.kind === "denied" && elsewhere.reason, "operate_as_refused");
  assert.equal((await logIn("ada", "bob")).kind, "denied");
  const late = await issue("reports", { operateAs: { subject: "bob" } });
  current.rules = [];
  assert.deepEqual(await auth.tickets.redeem(late.ticket, "reports"), { kind: "refused", reason: "session_ended" });
});

test("the time that a grant allows is that of its ticket, and of the session that begins from it", async () => {
  const rules: readonly OperateAsRule[] = [{ actors: ["ada"], targets: ["bob"], maxMs: 20_000 }];
  const { auth, issue, advance, platform } = await withCaller(rules, { rotateAfterMs: 4_000, idleMs: 600_000 });
  const { ticket, expiresAt } = await issue("reports", { operateAs: { subject: "bob" } });
  const late = await issue("reports", { operateAs: { subject: "bob" } });
  const own = await issue();
  assert.equal(expiresAt - platform.now(), 20_000);
  assert.equal(own.expiresAt - platform.now(), 30_000);
  const begunAt = platform.now();
  advance(5_000);
  const redeemed = await auth.tickets.redeem(ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  const target = { method: "POST", path: "/" };
  const opened = await auth.tickets.open(redeemed, { peer: { address: "192.0.2.1", trusted: false }, target });
  assert.ok(opened.kind === "opened");
  assert.equal(opened.session.expiresAt, begunAt + 20_000);
  advance(15_000);
  assert.deepEqual(await auth.tickets.redeem(late.ticket, "reports"), { kind: "refused", reason: "expired" });
});

test("nobody goes on from a ticket whose session has ended since it was redeemed", async () => {
  const { auth, issue, session } = await withCaller();
  const { ticket } = await issue();
  const redeemed = await auth.tickets.redeem(ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  await session.end();
  const target = { method: "POST", path: "/" };
  const outcome = await auth.tickets.open(redeemed, { peer: { address: "192.0.2.1", trusted: false }, target });
  assert.equal(outcome.kind === "denied" && outcome.reason, "revoked");
});

test("a ticket of somebody who operates as another carries both, and dies with the grant", async () => {
  const rules: readonly OperateAsRule[] = [{ actors: ["ada"], targets: ["bob"] }];
  const { auth, opened, callerOf, current } = await withCaller(rules);
  const { token } = await opened("ada", "bob");
  const first = await auth.tickets.issue(await callerOf(token), { service: "reports" });
  const second = await auth.tickets.issue(await callerOf(token), { service: "reports" });
  assert.ok(first.kind === "issued" && second.kind === "issued");
  const redeemed = await auth.tickets.redeem(first.ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  assert.deepEqual([redeemed.identity.subject, redeemed.actor?.subject], ["bob", "ada"]);
  current.rules = [];
  assert.equal((await auth.tickets.redeem(second.ticket, "reports")).kind, "refused");
});

test("a store that fails redeems nothing, and nothing twice when its answer was lost", async () => {
  const { platform } = start([]);
  const inner = memory({ platform });
  let fail: "before" | "after" | undefined;
  const store: Store = {
    ...inner,
    take(kind, id) {
      if (fail === "before") throw new Error("down");
      const json = inner.take(kind, id);
      if (fail === "after") throw new Error("the answer was lost");
      return json;
    },
  };
  const { auth, issue } = await withCaller([], { store });
  const first = await issue();
  const second = await issue();
  fail = "before";
  assert.deepEqual(await auth.tickets.redeem(first.ticket, "reports"), { kind: "refused", reason: "unavailable" });
  fail = "after";
  assert.deepEqual(await auth.tickets.redeem(second.ticket, "reports"), { kind: "refused", reason: "unavailable" });
  fail = undefined;
  assert.equal((await auth.tickets.redeem(first.ticket, "reports")).kind, "redeemed");
  assert.equal((await auth.tickets.redeem(second.ticket, "reports")).kind, "refused");
});

test("numbers are redeemed once too, and a guessed one is refused", async () => {
  const { auth, caller } = await withCaller();
  const issued = await auth.tickets.issueNumber(caller, { service: "reports" });
  assert.ok(issued.kind === "issued");
  assert.equal((await auth.tickets.redeemNumber(issued.number ^ 1n, "reports")).kind, "refused");
  assert.equal((await auth.tickets.redeemNumber(issued.number, "reports")).kind, "redeemed");
  assert.equal((await auth.tickets.redeemNumber(issued.number, "reports")).kind, "refused");
});

test("a number at the wrong service is refused with an alarm, and is dead for the right one too", async () => {
  const { auth, caller, events, session } = await withCaller();
  const issued = await auth.tickets.issueNumber(caller, { service: "reports" });
  assert.ok(issued.kind === "issued");
  const wrong = await auth.tickets.redeemNumber(issued.number, "billing");
  assert.deepEqual(wrong, { kind: "refused", reason: "wrong_service" });
  const misuse = { kind: "ticket-misused", ref: session.ref, reason: "wrong_service", service: "billing" };
  assert.deepEqual(
    events.filter(({ kind }) => kind === "ticket-misused").map((event) => ({ ...event })),
    [misuse],
  );
  assert.equal((await auth.tickets.redeemNumber(issued.number, "reports")).kind, "refused");
});

test("a number is redeemed in its own realm only, also where another one has the same store and keys", async () => {
  const { platform } = start([]);
  const store = memory({ platform });
  const keys = randomKeys(platform);
  const { auth, caller } = await withCaller([], { platform, store, keys });
  const other = createAuth({ handlers: [basic({ verify: () => null })], platform, store, keys, realm: "other" });
  const issued = await auth.tickets.issueNumber(caller, { service: "reports" });
  assert.ok(issued.kind === "issued");
  assert.equal((await other.tickets.redeemNumber(issued.number, "reports")).kind, "refused");
  assert.equal((await auth.tickets.redeemNumber(issued.number, "reports")).kind, "redeemed");
});

test("who came without a session, and what no ticket can be for, is told so", async () => {
  const { auth, caller } = await withCaller();
  const { session: _session, ...without } = caller;
  await assert.rejects(auth.tickets.issue(without, { service: "reports" }), { code: "no_session" });
  for (const wrong of [
    { service: "" },
    { service: "a\nb" },
    { service: "x", lifeMs: 999 },
    { service: "x", lifeMs: 300_001 },
  ]) {
    await assert.rejects(auth.tickets.issue(caller, wrong), { code: "invalid_options" });
  }
});

test("nothing that the store keeps of a ticket makes one", async () => {
  const { platform } = start([]);
  const inner = memory({ platform });
  const kept: string[] = [];
  const store: Store = {
    ...inner,
    put(kind, id, json, lifeMs) {
      kept.push(id, json);
      return inner.put(kind, id, json, lifeMs);
    },
  };
  const { issue } = await withCaller([], { store });
  const { ticket } = await issue();
  const bytes = Buffer.from(ticket.slice(4), "base64url").subarray(3, 19);
  for (const text of kept) {
    assert.ok(
      !text.includes(ticket) && !text.includes(bytes.toString("base64url")) && !text.includes(bytes.toString("hex")),
    );
  }
  assert.equal(kept.length, 2);
});
