import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import type { AuthOptions } from "../../src/engine/options.js";
import type { Handler } from "../../src/handlers/handler.js";
import type { OperateAsRule } from "../../src/policies/operate-as/rules.js";
import { request, start, type User } from "../policies/operate-as/operate-as-world.js";

const context = { peer: { address: "192.0.2.9", trusted: false }, target: { method: "POST", path: "/" } };

async function world(rules: readonly OperateAsRule[] = [], options: Partial<AuthOptions<Handler<User>>> = {}) {
  const made = start(rules, options);
  const opened = await made.opened("ada");
  const caller = await made.callerOf(opened.token);
  async function redeem(request: { service?: string; as?: string } = {}) {
    const { service = "worker", as } = request;
    const operateAs = as === undefined ? undefined : { subject: as };
    const issued = await made.auth.tickets.issueNumber(caller, { service, operateAs });
    assert.ok(issued.kind === "issued");
    const redeemed = await made.auth.tickets.redeemNumber(issued.number, service);
    assert.ok(redeemed.kind === "redeemed");
    return redeemed;
  }
  return { ...made, caller, session: opened.session, redeem };
}

test("28. Whoever redeemed a ticket may go on in a session of its own, once", async () => {
  const { auth, redeem, session, advance, call } = await world();
  advance(60_000);
  const redeemed = await redeem();
  const opened = await auth.tickets.open(redeemed, {
    ...context,
    rules: { ...auth.front.rules, policy: "overlapping" },
  });
  assert.ok(opened.kind === "opened");
  assert.equal(opened.caller.identity.subject, "ada");
  assert.notEqual(opened.session.ref, session.ref);
  assert.equal(opened.session.rules.policy, "overlapping");
  assert.equal(opened.session.expiresAt, session.expiresAt, "no later than the one that it came from");
  assert.equal(opened.caller.authenticatedAt, session.createdAt, "and nobody has logged in again");
  assert.equal((await call(opened.token)).kind, "allowed");
  await assert.rejects(auth.tickets.open(redeemed, context), AuthError);
  await assert.rejects(auth.tickets.open({ ...redeemed }, context), AuthError, "a copy is nothing");
});

test("a ticket with somebody's rights opens a session with those rights while they last, and both names", async () => {
  const { auth, redeem, current, call, advance } = await world([{ actors: ["ada"], targets: ["bob"] }]);
  const opened = await auth.tickets.open(await redeem({ as: "bob" }), context);
  assert.ok(opened.kind === "opened");
  assert.deepEqual([opened.caller.identity.subject, opened.caller.actor?.subject], ["bob", "ada"]);
  current.rules = [];
  advance(auth.front.rules.rotateAfterMs);
  assert.equal((await call(opened.token)).kind, "denied");
});

test("9. What was granted for the tickets of one service opens no session", async () => {
  const { auth, redeem } = await world([{ actors: ["ada"], targets: ["bob"], services: ["worker"] }]);
  const refused = await auth.tickets.open(await redeem({ as: "bob" }), context);
  assert.equal(refused.kind === "denied" && refused.reason, "operate_as_refused");
});

test("the end of its subject between redeeming and opening wins", async () => {
  const { auth, redeem, advance } = await world();
  const redeemed = await redeem();
  advance(10);
  await auth.sessions.endSubject("ada");
  advance(10);
  const refused = await auth.tickets.open(redeemed, context);
  assert.equal(refused.kind, "denied");
});

test("what comes from a bound session is bound too, or there is none", async () => {
  const certificate = Buffer.from("a certificate");
  const { auth } = start([], { bindToCertificate: true });
  const peer = { ...context.peer, certificate };
  const log = await auth.logIn({ scheme: "basic", payload: btoa("ada:ada") }, { ...context, peer });
  assert.ok(log.kind === "opened");
  const decision = await auth.authenticate({ ...request(`Bearer ${log.token}`), peer });
  assert.ok(decision.kind === "allowed");
  const redeem = async () => {
    const issued = await auth.tickets.issueNumber(decision.caller, { service: "worker" });
    assert.ok(issued.kind === "issued");
    const redeemed = await auth.tickets.redeemNumber(issued.number, "worker");
    assert.ok(redeemed.kind === "redeemed");
    return redeemed;
  };
  assert.equal((await auth.tickets.open(await redeem(), context)).kind, "denied");
  assert.equal((await auth.tickets.open(await redeem(), { ...context, peer })).kind, "opened");
});
