import assert from "node:assert/strict";
import { test } from "node:test";
import { apiKey } from "../../../src/handlers/api-key/api-key.js";
import { type ApiKeyRecord, createApiKey } from "../../../src/handlers/api-key/record.js";
import type { Handler, Verdict } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { Caller } from "../../../src/model/session.js";
import type { OperateAsRequest } from "../../../src/policies/operate-as/policy.js";
import { type OperateAsRule, operateAsRules } from "../../../src/policies/operate-as/rules.js";
import { request, start, type User } from "./operate-as-world.js";

const pair: OperateAsRule = { actors: ["ada"], targets: ["bob"] };
const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/" } };
type Accepted = Extract<Verdict<User>, { kind: "accepted" }>;

/** An engine where ada may come by a password, an API key with the scopes given, and a login with the facts given. */
function startWith(
  rules: readonly OperateAsRule[],
  scopes: readonly string[] = ["metrics"],
  facts?: Partial<Accepted>,
) {
  const { key, record } = createApiKey({ name: "ci", subject: "ada", scopes });
  const records = new Map<string, ApiKeyRecord>([[record.id, record]]);
  const handlers: Handler<User>[] = [
    basic({ verify: (subject) => ({ subject, roles: [] }) }),
    apiKey({ keys: (id) => records.get(id), toIdentity: ({ subject }) => ({ subject, roles: [] }) }),
    {
      ...{ scheme: "Strong", opens: "nothing" },
      fromHeader: () => ({ kind: "accepted", identity: { subject: "ada", roles: [] }, ...facts }),
    },
  ];
  const world = start(rules, { handlers });
  const credentials = { Basic: btoa("ada:x"), ApiKey: key, Strong: "x" };
  const payloadOf = (scheme: keyof typeof credentials) => credentials[scheme];
  async function callerOf(scheme: keyof typeof credentials): Promise<Caller<User>> {
    const decision = await world.auth.authenticate(request(`${scheme} ${payloadOf(scheme)}`));
    assert.ok(decision.kind === "allowed");
    return decision.caller;
  }
  /** What each way of beginning answers: by the credentials themselves, at log-in, from a session, for a ticket. */
  async function outcomes(scheme: keyof typeof credentials): Promise<readonly string[]> {
    const { auth } = world;
    const wish = { subject: "bob" };
    const payload = payloadOf(scheme);
    const own = await auth.logIn({ scheme, payload }, context);
    assert.ok(own.kind === "opened");
    const issued = await auth.tickets.issue(own.caller, { service: "worker", operateAs: wish });
    return [
      (await auth.beginOperateAs(await callerOf(scheme), wish, context)).kind,
      (await auth.logIn({ scheme, payload }, { ...context, operateAs: wish })).kind,
      (await auth.beginOperateAs(own.caller, wish, context)).kind,
      issued.kind === "issued" ? "opened" : "denied",
    ];
  }
  return { ...world, callerOf, outcomes, payloadOf };
}

const all = ["opened", "opened", "opened", "opened"];
const none = ["denied", "denied", "denied", "denied"];

test("a key for one task operates as nobody by a rule that does not say so, whichever way it begins", async () => {
  for (const scopes of [["metrics"], []]) {
    const { outcomes } = startWith([pair], scopes);
    assert.deepEqual(await outcomes("ApiKey"), none);
    assert.deepEqual(await outcomes("Basic"), all);
  }
});

const conditions: readonly (readonly [Partial<OperateAsRule>, readonly string[], readonly string[]])[] = [
  [{ schemes: ["apikey"] }, all, none],
  [{ schemes: ["ApiKey", "Basic"] }, all, all],
  [{ schemes: ["Basic"] }, none, all],
  [{ scopes: ["support", "metrics"] }, all, none],
  [{ scopes: ["support"] }, none, none],
  [{ scopes: ["metrics"], schemes: ["Basic"] }, none, none],
];

for (const [condition, byKey, byPassword] of conditions) {
  test(`credentials decide by ${JSON.stringify(condition)}`, async () => {
    const { outcomes } = startWith([{ ...pair, ...condition }]);
    assert.deepEqual(await outcomes("ApiKey"), byKey);
    assert.deepEqual(await outcomes("Basic"), byPassword);
  });
}

test("a rule that is not for credentials with scopes does not hide one that is", async () => {
  const { outcomes } = startWith([pair, { ...pair, schemes: ["ApiKey"] }]);
  assert.deepEqual(await outcomes("ApiKey"), all);
});

test("a rule may ask for a strong and a fresh log-in; one of unknown age or from the future is none", async () => {
  const now = start([]).platform.now();
  const rule = { ...pair, acrValues: ["mfa", "hardware"], maxAgeMs: 300_000 };
  for (const [facts, expected] of [
    [{ acr: "mfa", authenticatedAt: now - 300_000 }, all],
    [{ acr: "mfa", authenticatedAt: now + 60_000 }, all],
    [{ acr: "mfa", authenticatedAt: now - 300_001 }, none],
    [{ acr: "mfa", authenticatedAt: now + 60_001 }, none],
    [{ acr: "mfa" }, none],
    [{ acr: "password", authenticatedAt: now }, none],
    [{ authenticatedAt: now }, none],
  ] as const) {
    assert.deepEqual(await startWith([rule], [], facts).outcomes("Strong"), expected, JSON.stringify(facts));
  }
});

test("a log-in that was fresh when its actor began does not end the session by growing old", async () => {
  const { logIn, call, advance } = startWith([{ ...pair, maxAgeMs: 10_000, schemes: ["Basic"] }]);
  const opened = await logIn("ada", "bob");
  assert.ok(opened.kind === "opened");
  advance(60_000);
  assert.equal((await call(opened.token)).kind, "allowed");
});

test("a policy hears the same of the credentials each time, and must say that scopes are enough", async () => {
  const heard: OperateAsRequest<User>[] = [];
  let scoped: boolean | undefined;
  const { key, record } = createApiKey({ name: "ci", subject: "ada", scopes: ["metrics"] });
  const world = start([], {
    handlers: [apiKey({ keys: () => record, toIdentity: ({ subject }) => ({ subject, roles: [] }) })],
    operateAs: {
      identify: (subject) => ({ subject, roles: [] }),
      grant: (asked) => {
        heard.push(asked);
        return { scoped };
      },
    },
  });
  const begin = () =>
    world.auth.logIn({ scheme: "ApiKey", payload: key }, { ...context, operateAs: { subject: "bob" } });
  assert.equal((await begin()).kind, "denied");
  scoped = true;
  const opened = await begin();
  assert.ok(opened.kind === "opened");
  assert.deepEqual(opened.caller.scopes, ["metrics"], "nor does it gain rights by operating");
  world.advance(60_000);
  assert.deepEqual((await world.callerOf(opened.token)).scopes, ["metrics"]);
  assert.ok(heard.length >= 3);
  for (const { scheme, scopes, acr, ageMs } of heard) {
    assert.deepEqual([scheme, scopes, acr, ageMs], ["apikey", ["metrics"], undefined, undefined]);
  }
  scoped = false;
  world.advance(60_000);
  assert.equal((await world.call(opened.token)).kind, "denied");
});

test("scopes stay with what begins from their credentials: a session, a ticket, a session from a ticket", async () => {
  const { auth, payloadOf, callerOf, call } = startWith([]);
  assert.deepEqual((await callerOf("ApiKey")).scopes, ["metrics"]);
  assert.equal((await callerOf("Basic")).scopes, undefined);
  const own = await auth.logIn({ scheme: "ApiKey", payload: payloadOf("ApiKey") }, context);
  assert.ok(own.kind === "opened");
  assert.deepEqual(own.caller.scopes, ["metrics"]);
  const issued = await auth.tickets.issue(own.caller, { service: "worker" });
  assert.ok(issued.kind === "issued");
  const redeemed = await auth.tickets.redeem(issued.ticket, "worker");
  assert.ok(redeemed.kind === "redeemed");
  assert.deepEqual(redeemed.scopes, ["metrics"]);
  const opened = await auth.tickets.open(redeemed, context);
  assert.ok(opened.kind === "opened");
  const decision = await call(opened.token);
  assert.deepEqual(decision.kind === "allowed" && decision.caller.scopes, ["metrics"]);
  const opening = await auth.authenticate(request(`ApiKey ${payloadOf("ApiKey")}`), { open: auth.front.rules });
  assert.ok(opening.kind === "allowed" && opening.offer);
  const offered = await call(opening.offer.token);
  assert.deepEqual(offered.kind === "allowed" && offered.caller.scopes, ["metrics"]);
});

test("an account's own member `actor` is no actor of it", async () => {
  const claims = { subject: "ada", roles: [], actor: { subject: "eve" } };
  const seen: OperateAsRequest<User>[] = [];
  const world = start([], {
    handlers: [basic<User>({ verify: () => claims })],
    operateAs: {
      identify: (subject) => ({ subject, roles: [] }),
      grant: (asked) => {
        seen.push(asked);
        return {};
      },
    },
  });
  const own = await world.logIn("ada");
  assert.ok(own.kind === "opened");
  for (const opened of [
    await world.logIn("ada", "bob"),
    await world.auth.beginOperateAs(own.caller, { subject: "bob" }, context),
  ]) {
    assert.ok(opened.kind === "opened");
    assert.deepEqual(opened.caller.actor, { subject: "ada", roles: [] });
  }
  assert.ok(seen.every(({ actor }) => actor.actor === undefined));
});

test("a condition on credentials that is misspelt or of another form is refused at start", () => {
  for (const [condition, message] of [
    [{ schemes: "Basic" }, /schemes must be a list of names/],
    [{ scopes: [] }, /scopes must be a list of names/],
    [{ acrValues: [7] }, /acrValues must be a list of names/],
    [{ maxAgeMs: "5m" }, /maxAgeMs must be a whole number/],
    [{ maxAgeMs: 0 }, /maxAgeMs must be a whole number/],
    [{ detached: "yes" }, /detached must be true or false/],
    [{ detached: true, nested: true }, /both nested and detached/],
    [{ acr: ["mfa"] }, /there is no condition acr; there is actors, .*acrValues/],
  ] as const) {
    const rules = [{ ...pair, ...condition } as OperateAsRule];
    assert.throws(() => operateAsRules({ identify: () => null, rules }), { code: "invalid_options", message });
  }
});
