import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { anonymous } from "../../src/handlers/anonymous.js";
import type { Handler, Verdict } from "../../src/handlers/handler.js";
import type { StepUp } from "../../src/model/decision.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

function start(verdict: Partial<Extract<Verdict, { kind: "accepted" }>> = {}, opens: Handler["opens"] = "session") {
  const world = createWorld();
  const key: Handler = {
    scheme: "Key",
    opens,
    fromHeader: () => ({ kind: "accepted", identity: { subject: "ada" }, ...verdict }),
  };
  const { platform } = world;
  const auth = createAuth({
    ...{ handlers: [key], store: memory({ platform }), platform, realm: "example" },
    operateAs: { identify: (subject) => ({ subject }), grant: () => ({}) },
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = async (authorization: string, stepUp: StepUp, anonymous = false) =>
    auth.authenticate(
      { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer },
      { stepUp, anonymous },
    );
  return { ...world, auth, ask, peer };
}

async function tokenOf({ ask }: ReturnType<typeof start>): Promise<string> {
  const decision = await ask("Key x", {});
  assert.ok(decision.kind === "allowed" && decision.offer);
  return `Bearer ${decision.offer.token}`;
}

test("a session whose log-in is too old is asked for a fresher one, and keeps its session", async () => {
  const world = start();
  const token = await tokenOf(world);
  assert.equal((await world.ask(token, { maxAgeMs: 60_000 })).kind, "allowed");
  world.advance(60_001);
  const decision = await world.ask(token, { maxAgeMs: 60_000 });
  assert.ok(decision.kind === "denied");
  assert.equal(decision.reason, "insufficient_user_authentication");
  assert.equal(decision.code, "unauthenticated");
  assert.deepEqual(decision.challenges, [
    'Bearer realm="example", error="insufficient_user_authentication", ' +
      'error_description="A fresher or stronger log-in is required.", max_age="60"',
    'Key realm="example"',
  ]);
  assert.equal((await world.ask(token, {})).kind, "allowed");
});

test("a log-in that is too weak is told what would do (RFC 9470)", async () => {
  const weak = start({ acr: "urn:example:password" });
  const decision = await weak.ask(await tokenOf(weak), { acrValues: ["urn:example:mfa", "urn:example:hw"] });
  assert.ok(decision.kind === "denied");
  assert.match(decision.challenges[0] ?? "", /, acr_values="urn:example:mfa urn:example:hw"$/);
  const strong = start({ acr: "urn:example:mfa" });
  assert.equal((await strong.ask(await tokenOf(strong), { acrValues: ["urn:example:mfa"] })).kind, "allowed");
});

test("credentials that come with every call are as fresh as their issuer says; unknown is not fresh", async () => {
  const unknown = start({}, "nothing");
  assert.equal((await unknown.ask("Key x", { maxAgeMs: 60_000 })).kind, "denied");
  const world = createWorld();
  const fresh = start({ authenticatedAt: world.platform.now() - 30_000 }, "nothing");
  assert.equal((await fresh.ask("Key x", { maxAgeMs: 60_000 })).kind, "allowed");
  assert.equal((await fresh.ask("Key x", { maxAgeMs: 29_999 })).kind, "denied");
  // A password in this very call is the proof itself.
  assert.equal((await start().ask("Key x", { maxAgeMs: 0 })).kind, "allowed");
});

test("a log-in in the future is not fresh, beyond what clocks differ by; nor is any without a bound that is a number", async () => {
  const now = createWorld().platform.now();
  for (const [authenticatedAt, maxAgeMs, expected] of [
    [now + 60_000, 60_000, "allowed"],
    [now + 60_001, 60_000, "denied"],
    [now * 1_000, 60_000, "denied"],
    [now, Number.NaN, "denied"],
  ] as const) {
    const decision = await start({ authenticatedAt }, "nothing").ask("Key x", { maxAgeMs });
    assert.equal(decision.kind, expected, `${authenticatedAt - now} ${maxAgeMs}`);
  }
});

test("a log-in of unknown age is not made fresh by a session that opens from it, whichever way", async () => {
  const { auth, ask, peer } = start({}, "nothing");
  const target = { method: "POST", path: "/" };
  const isFresh = async (token: string) => (await ask(`Bearer ${token}`, { maxAgeMs: 60_000 })).kind === "allowed";

  const logIn = await auth.logIn({ scheme: "Key", payload: "x" }, { peer, target });
  assert.ok(logIn.kind === "opened");
  assert.equal(logIn.caller.authenticatedAt, undefined);
  assert.equal(await isFresh(logIn.token), false, "log-in");

  const decision = await ask("Key x", {});
  assert.ok(decision.kind === "allowed");
  const operating = await auth.beginOperateAs(decision.caller, { subject: "bob" });
  assert.ok(operating.kind === "opened");
  assert.equal(await isFresh(operating.token), false, "operate-as");

  const open = { rawHeaders: ["authorization", "Key x"], ...target, peer };
  const opening = await auth.authenticate(open, { open: auth.front.rules });
  assert.ok(opening.kind === "allowed" && opening.offer);
  assert.equal(opening.caller.authenticatedAt, undefined);
  assert.equal(await isFresh(opening.offer.token), false, "open");

  const issued = await auth.tickets.issue(logIn.caller, { service: "reports" });
  assert.ok(issued.kind === "issued");
  const redeemed = await auth.tickets.redeem(issued.ticket, "reports");
  assert.ok(redeemed.kind === "redeemed");
  assert.equal(redeemed.authenticatedAt, undefined);
  const goingOn = await auth.tickets.open(redeemed, { peer, target });
  assert.ok(goingOn.kind === "opened");
  assert.equal(await isFresh(goingOn.token), false, "ticket");
});

test("an anonymous caller has proved nothing, so its session is never fresh", async () => {
  const { platform } = createWorld();
  const handlers = [anonymous({ identity: { subject: "guest" }, opens: "session" })];
  const auth = createAuth({ handlers, store: memory({ platform }), platform });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = async (value: string, stepUp: StepUp) =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", value], peer }, { stepUp });
  assert.equal((await ask("Anonymous", { maxAgeMs: 60_000 })).kind, "denied");
  const offering = await ask("Anonymous", {});
  assert.ok(offering.kind === "allowed" && offering.offer);
  assert.equal((await ask(`Bearer ${offering.offer.token}`, { maxAgeMs: 60_000 })).kind, "denied");
});

test("a log-in that was old when its session opened stays old", async () => {
  const world = createWorld();
  const old = start({ authenticatedAt: world.platform.now() - 3_600_000 });
  assert.equal((await old.ask(await tokenOf(old), { maxAgeMs: 60_000 })).kind, "denied");
});

test("who is anonymous is asked to log in at all", async () => {
  const { auth, peer } = start();
  const decision = await auth.authenticate(
    { method: "GET", path: "/", rawHeaders: [], peer },
    { anonymous: true, stepUp: { maxAgeMs: 1 } },
  );
  assert.equal(decision.kind === "denied" && decision.reason, "no_credentials");
});
