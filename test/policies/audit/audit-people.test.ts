import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthOptions } from "../../../src/engine/options.js";
import type { Handler } from "../../../src/handlers/handler.js";
import type { AuthRequest } from "../../../src/model/request.js";
import type { AuditOptions } from "../../../src/policies/audit/audit.js";
import type { AuditRecord } from "../../../src/policies/audit/record.js";
import { start, type User } from "../operate-as/operate-as-world.js";

const peer = { address: "192.0.2.7", trusted: false };
const source = { peer, rawHeaders: [], target: { method: "POST", path: "/" } };
const passwordOf = (user: string, password = user) => `Basic ${btoa(`${user}:${password}`)}`;
const request = (authorization: string, from = peer): AuthRequest => ({
  method: "GET",
  path: "/",
  rawHeaders: ["authorization", authorization],
  peer: from,
});

function audited(options: Partial<AuthOptions<Handler<User>>> = {}, onFailure: AuditOptions["onFailure"] = "refuse") {
  const records: AuditRecord[] = [];
  const disk = { full: false };
  const sink = {
    write(record: AuditRecord) {
      if (disk.full) throw new Error("no space left");
      records.push(record);
    },
  };
  const rules = [
    { actors: ["ada"], targets: ["bob"] },
    { actors: ["bob"], targets: ["dave"], nested: true },
  ];
  const world = start(rules, { audit: { sinks: [sink], onFailure }, ...options });
  const last = (event: AuditRecord["event"]) =>
    records.findLast((record) => record.event === event) ?? assert.fail(event);
  return { ...world, records, disk, last };
}

test("every record of a session in which an actor operates as another account names both, and the chain", async () => {
  const rules = { rotateAfterMs: 60_000, overlapMs: 5_000, stragglerMs: 10_000, maxSessionsPerSubject: 9 };
  const { auth, records, last, opened, callerOf, call, advance } = audited(rules);
  const asBob = async () => opened("ada", "bob");
  const nested = async () => {
    const begun = await auth.beginOperateAs(await callerOf((await asBob()).token), { subject: "dave" }, source);
    return begun.kind === "opened" ? begun : assert.fail(begun.kind);
  };
  await (await asBob()).session.end("logout", source);
  assert.deepEqual(last("session-ended").actors, ["ada"], "by the session itself");
  await auth.sessions.end((await asBob()).session.ref, "ended", source);
  assert.deepEqual([last("session-ended").subject, last("session-ended").actors], ["bob", ["ada"]], "by an operator");
  await auth.sessions.end((await nested()).session.ref, "ended", source);
  assert.deepEqual(last("session-ended").actors, ["bob", "ada"], "the chain");

  const { token } = await nested();
  await call(token);
  advance(61_000);
  const turned = await call(token);
  const next = turned.kind === "allowed" ? (turned.offer?.token ?? "") : "";
  await call(next);
  advance(7_000);
  await call(token);
  assert.deepEqual(last("superseded").actors, ["bob", "ada"]);
  advance(30_000);
  await call(token);
  assert.deepEqual(last("reuse").actors, ["bob", "ada"]);
  await call(next);
  assert.deepEqual(last("refused").actors, ["bob", "ada"], "a refusal, too");

  records.length = 0;
  const expiring = await asBob();
  await callerOf(expiring.token);
  advance(24 * 60 * 60_000);
  await call(expiring.token);
  assert.deepEqual([last("session-ended").reason, last("session-ended").actors], ["expired", ["ada"]]);
});

test("an actor who ends sessions of the account that they operate as is recorded as the actor", async () => {
  const { auth, last, opened, callerOf } = audited();
  const bobs = await opened("bob");
  const { identity, actor } = await callerOf((await opened("ada", "bob")).token);
  await auth.sessions.end(bobs.session.ref, "logout", { subject: identity.subject, actor, ...source });
  const { subject, actors, by, byActors } = last("session-ended");
  assert.deepEqual(
    { subject, actors, by, byActors },
    { subject: "bob", actors: undefined, by: "bob", byActors: ["ada"] },
  );
  await auth.sessions.endSubject("bob", "disabled", { subject: "bob", actor });
  assert.deepEqual(last("subject-ended").byActors, ["ada"]);
});

test("a session that a cap ends is recorded, with its owner and the call that it made room for", async () => {
  const { auth, records, opened } = audited({ maxSessionsPerSubject: 2 });
  const [first] = [await opened("ada", "bob"), await opened("ada", "bob")];
  records.length = 0;
  await opened("ada", "bob");
  const { event, reason, session, subject, actors, address } = records[0] ?? assert.fail();
  assert.deepEqual(
    { event, reason, session, subject, actors, address },
    {
      event: "session-ended",
      reason: "cap",
      session: first?.session.ref,
      subject: "bob",
      actors: ["ada"],
      address: "192.0.2.1",
    },
  );
  await auth.close();
});

test("a right password on a call that may open no session is recorded, once per connection", async () => {
  const { auth, records } = audited();
  const ask = (user: string, from = peer) => auth.authenticate(request(passwordOf(user), from), { rotate: false });
  for (let call = 0; call < 3; call++) assert.equal((await ask("ada")).kind, "allowed");
  await ask("bob");
  await ask("ada", { ...peer });
  assert.deepEqual(
    records.map(({ event, outcome, subject, scheme, address }) => [event, outcome, subject, scheme, address]),
    ["ada", "bob", "ada"].map((user) => ["credentials-accepted", "success", user, "basic", peer.address]),
  );
  assert.equal((await auth.authenticate(request(passwordOf("ada")))).kind, "allowed");
  assert.equal(records.at(-1)?.event, "session-opened", "a call that may open one still does");
});

test("refuse: a right password that cannot be recorded is not let in, also where no session would open", async () => {
  const { auth, records, disk } = audited();
  const ask = () => auth.authenticate(request(passwordOf("ada")), { rotate: false });
  disk.full = true;
  for (let call = 0; call < 2; call++) {
    const decision = await ask();
    assert.equal(decision.kind === "denied" && decision.reason, "unavailable");
  }
  disk.full = false;
  assert.equal((await ask()).kind, "allowed");
  assert.equal(records.length, 1);
});

test("continue: a right password that cannot be recorded is let in", async () => {
  const { auth, disk } = audited({}, "continue");
  disk.full = true;
  assert.equal((await auth.authenticate(request(passwordOf("ada")), { rotate: false })).kind, "allowed");
});

test("every refused ticket is recorded, with the service that presented it", async () => {
  const { auth, records, opened, callerOf, advance } = audited();
  const login = await opened("ada");
  const caller = await callerOf(login.token);
  const issue = async () => {
    const issued = await auth.tickets.issue(caller, { service: "reports" }, source);
    return issued.kind === "issued" ? issued.ticket : assert.fail(issued.reason);
  };
  const [late, orphan] = [await issue(), await issue()];
  records.length = 0;
  await auth.tickets.redeem("no ticket", "reports", source);
  await login.session.end();
  await auth.tickets.redeem(orphan, "reports", source);
  advance(31_000);
  await auth.tickets.redeem(late, "reports", source);
  const session = login.session.ref;
  assert.deepEqual(
    records
      .filter(({ event }) => event !== "session-ended")
      .map(({ time: _time, correlationId: _id, ...rest }) => rest),
    [{ reason: "invalid_ticket" }, { reason: "session_ended", session }, { reason: "expired", session }].map(
      (refusal) => ({
        event: "ticket-refused",
        outcome: "refused",
        service: "reports",
        address: peer.address,
        ...refusal,
      }),
    ),
  );
});
