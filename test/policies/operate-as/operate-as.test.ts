import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../../src/handlers/handler.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { type OperateAsRule, operateAsRules } from "../../../src/policies/operate-as/rules.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";
import { request, start, type User } from "./operate-as-world.js";

const pair: OperateAsRule = { actors: ["ada"], targets: ["bob"] };

test("whoever operates as somebody has that one's rights and none of their own, and both names are shown", async () => {
  const world = start([pair]);
  const { caller, session, token } = await world.opened("ada", "bob");
  assert.deepEqual(caller.identity, { subject: "bob", roles: ["user"] });
  assert.equal(caller.actor?.subject, "ada");
  assert.deepEqual((await world.callerOf(token)).identity.roles, ["user"]);
  const opened = world.events.find(({ kind }) => kind === "operate-as");
  assert.deepEqual(opened, { kind: "operate-as", ref: session.ref, subject: "bob", actor: "ada" });
  const [listed] = await world.auth.sessions.list({ subject: "ada" });
  assert.deepEqual([listed?.subject, listed?.actor], ["bob", "ada"]);
});

test("an account that is not there and one that is not granted are refused in the same words", async () => {
  const world = start([pair]);
  const unknown = await world.logIn("ada", "nobody");
  const ungranted = await world.logIn("ada", "carol");
  assert.deepEqual(unknown, ungranted);
  assert.equal(unknown.kind === "denied" && unknown.reason, "operate_as_refused");
  assert.equal(unknown.kind === "denied" && unknown.code, "permission_denied");
  const refused = world.events.filter(({ kind }) => kind === "operate-as-refused");
  assert.deepEqual(refused, [
    { kind: "operate-as-refused", actor: "ada", subject: undefined },
    { kind: "operate-as-refused", actor: "ada", subject: "carol" },
  ]);
});

test("without a policy nobody operates as anybody; as oneself everybody does", async () => {
  const world = start([], { operateAs: undefined });
  assert.equal((await world.logIn("ada", "bob")).kind, "denied");
  const { caller } = await world.opened("ada", "ada");
  assert.equal(caller.actor, undefined);
});

test("a running session goes on beside the new one, which has an id of its own and ends no later", async () => {
  const world = start([pair]);
  const first = await world.opened("ada");
  world.advance(60_000);
  const caller = await world.callerOf(first.token);
  const second = await world.auth.beginOperateAs(caller, { subject: "bob" });
  assert.equal(second.kind, "opened");
  assert.ok(second.kind === "opened");
  assert.notEqual(second.session.ref, first.session.ref);
  assert.equal(second.session.expiresAt, first.session.expiresAt);
  assert.equal((await world.callerOf(first.token)).identity.subject, "ada");
  assert.equal((await world.callerOf(second.token)).authenticatedAt, caller.authenticatedAt);
});

for (const [who, end] of [
  ["the actor", (world: ReturnType<typeof start>) => world.auth.sessions.endSubject("ada")],
  ["the target", (world: ReturnType<typeof start>) => world.auth.sessions.endSubject("bob")],
  [
    "the grant",
    (world: ReturnType<typeof start>) => {
      world.current.rules = [];
    },
  ],
  ["the target's account", (world: ReturnType<typeof start>) => world.users.delete("bob")],
] as const) {
  test(`9. Operate-as never widens: ending ${who} ends it`, async () => {
    const world = start([pair], { maxStalenessMs: 1_000 });
    const { token, session } = await world.opened("ada", "bob");
    await world.callerOf(token);
    await end(world);
    world.advance(1_001);
    const decision = await world.call(token);
    assert.equal(decision.kind === "denied" && decision.reason, "revoked");
    assert.ok(session.ended);
  });
}

test("while a grant is remembered nothing is asked, and it is asked again after maxStalenessMs", async () => {
  const world = start([pair], { maxStalenessMs: 1_000 });
  const { token } = await world.opened("ada", "bob");
  await world.callerOf(token);
  assert.ok(!(world.call(token) instanceof Promise), "remembered");
  world.current.rules = [];
  assert.equal((await world.call(token)).kind, "allowed");
  world.advance(1_000);
  assert.equal((await world.call(token)).kind, "denied");
});

test("nested only where the rule says so, and then it lives with the session that it came from", async () => {
  const plain: readonly OperateAsRule[] = [pair, { actors: ["bob"], targets: ["dave"] }];
  const world = start(plain);
  const first = await world.opened("ada", "bob");
  const caller = await world.callerOf(first.token);
  assert.equal((await world.auth.beginOperateAs(caller, { subject: "dave" })).kind, "denied");

  world.current.rules = [pair, { actors: ["bob"], targets: ["dave"], nested: true }];
  const second = await world.auth.beginOperateAs(caller, { subject: "dave" });
  assert.ok(second.kind === "opened");
  const nested = await world.callerOf(second.token);
  assert.equal(nested.identity.subject, "dave");
  assert.equal(nested.actor?.subject, "bob");
  assert.equal(nested.actor?.actor?.subject, "ada");
  await world.auth.sessions.endSubject("ada");
  assert.equal((await world.call(second.token)).kind, "denied");
});

test("nested, it ends with the grant of the session that it came from, although nobody presents that one", async () => {
  const nested = { actors: ["bob"], targets: ["dave"], nested: true };
  const world = start([pair, nested], { maxStalenessMs: 0 });
  const first = await world.opened("ada", "bob");
  const caller = await world.callerOf(first.token);
  const second = await world.auth.beginOperateAs(caller, { subject: "dave" });
  assert.ok(second.kind === "opened");
  const issued = await world.auth.tickets.issue(await world.callerOf(second.token), { service: "reports" });
  assert.ok(issued.kind === "issued");
  await world.callerOf(second.token);
  world.current.rules = [nested];
  const redeemed = await world.auth.tickets.redeem(issued.ticket, "reports");
  assert.equal(redeemed.kind === "refused" && redeemed.reason, "session_ended");
  assert.equal((await world.auth.beginOperateAs(caller, { subject: "dave" })).kind, "denied");
  const decision = await world.call(second.token);
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
});

for (const [what, end] of [
  ["session", (world: ReturnType<typeof start>, ref: string) => world.auth.sessions.end(ref)],
  ["account", (world: ReturnType<typeof start>) => world.auth.sessions.endSubject("ada")],
] as const) {
  test(`whose ${what} was ended on another node does not begin by what this node remembers`, async () => {
    const world = createWorld();
    const { platform } = world;
    const inner = memory({ platform });
    const shared = { keys: randomKeys(platform), platform };
    const one = start([pair], { ...shared, store: inner });
    // A node whose feed is silent: it has until `maxStalenessMs` to notice.
    const deaf = { ...inner, watch: () => ({ aliveAt: () => 0, stop: () => {} }), close: () => {} };
    const two = start([pair], { ...shared, store: deaf });
    const { token, session } = await one.opened("ada");
    const caller = await two.callerOf(token);
    const decision = await two.auth.authenticate(request(`Basic ${btoa("ada:ada")}`));
    assert.ok(decision.kind === "allowed");
    world.advance(1_000);
    await end(one, session.ref);
    world.advance(1_000);
    assert.equal((await two.call(token)).kind, "allowed", "remembered");
    const outcome = await two.auth.beginOperateAs(caller, { subject: "bob" });
    assert.equal(outcome.kind === "denied" && outcome.reason, "revoked");
    const byPassword = await two.auth.beginOperateAs(decision.caller, { subject: "bob" });
    assert.equal(byPassword.kind, what === "account" ? "denied" : "opened");
  });
}

test("a session that ends while the policy decides wins", async () => {
  let decide = (): void => assert.fail("nobody was asked");
  const world = start([], {
    operateAs: {
      identify: (subject) => ({ subject, roles: [] }),
      grant: () =>
        new Promise((resolve) => {
          decide = () => resolve({});
        }),
    },
  });
  const { token, session } = await world.opened("ada");
  const beginning = world.auth.beginOperateAs(await world.callerOf(token), { subject: "bob" });
  await session.end();
  decide();
  const outcome = await beginning;
  assert.equal(outcome.kind === "denied" && outcome.reason, "revoked");
});

test("a limit that is no time is none that anybody operates within", async () => {
  for (const maxMs of [Number.NaN, 0, -1, 0.5]) {
    const world = start([], {
      operateAs: { identify: (subject) => ({ subject, roles: [] }), grant: () => ({ maxMs }) },
    });
    assert.equal((await world.logIn("ada", "bob")).kind, "denied", `${maxMs}`);
  }
  const world = start([pair]);
  const { token } = await world.opened("ada");
  for (const maxMs of [Number.NaN, 0, 0.5]) {
    const outcome = await world.auth.beginOperateAs(await world.callerOf(token), { subject: "bob", maxMs });
    assert.equal(outcome.kind === "denied" && outcome.reason, "operate_as_refused");
  }
});

test("no more than four operate through one another, since each call asks about all of them", async () => {
  const policy = { identify: (subject: string) => ({ subject, roles: [] }), grant: () => ({ nested: true }) };
  const world = start([], { operateAs: policy });
  let { token } = await world.opened("ada");
  for (const subject of ["s1", "s2", "s3", "s4"]) {
    const outcome = await world.auth.beginOperateAs(await world.callerOf(token), { subject });
    assert.ok(outcome.kind === "opened", subject);
    token = outcome.token;
  }
  const fifth = await world.auth.beginOperateAs(await world.callerOf(token), { subject: "s5" });
  assert.equal(fifth.kind === "denied" && fifth.reason, "operate_as_refused");
});

test("a rule that is not for nested actors does not hide one that is", async () => {
  const world = start([
    pair,
    { actors: ["bob"], targets: ["*"] },
    { actors: ["bob"], targets: ["dave"], nested: true },
  ]);
  const first = await world.opened("ada", "bob");
  const second = await world.auth.beginOperateAs(await world.callerOf(first.token), { subject: "dave" });
  assert.equal(second.kind, "opened");
});

test("an actor whom a handler names, and who has no session to watch, operates through nobody", async () => {
  const lender: Handler<User> = {
    ...{ scheme: "Lender", opens: "nothing" },
    fromHeader: () => ({
      ...{ kind: "accepted", actor: { subject: "ada" } },
      identity: { subject: "bob", roles: [] },
    }),
  };
  const world = start([{ actors: ["*"], targets: ["*"], nested: true }], { handlers: [lender] });
  const decision = await world.auth.authenticate(request("Lender x"));
  assert.ok(decision.kind === "allowed" && decision.caller.actor?.subject === "ada");
  const peer = { address: "192.0.2.1", trusted: false };
  const wish = { subject: "dave" };
  const target = { method: "POST", path: "/" };
  for (const outcome of [
    await world.auth.beginOperateAs(decision.caller, wish),
    await world.auth.logIn({ scheme: "Lender", payload: "x" }, { peer, target, operateAs: wish }),
  ]) {
    assert.equal(outcome.kind === "denied" && outcome.reason, "operate_as_refused");
  }
});

test("nobody gets another session by operating as themselves", async () => {
  const world = start([{ actors: ["*"], targets: ["*"] }]);
  const { token } = await world.opened("ada");
  const outcome = await world.auth.beginOperateAs(await world.callerOf(token), { subject: "ada" });
  assert.equal(outcome.kind === "denied" && outcome.reason, "operate_as_refused");
  assert.equal((await world.auth.sessions.list({ subject: "ada" })).length, 1);
});

test("no number of sessions in which somebody operates as one logs that one out", async () => {
  const world = start([pair], { maxSessionsPerSubject: 2 });
  const own = await world.opened("bob");
  for (let session = 0; session < 5; session += 1) await world.opened("ada", "bob");
  assert.equal((await world.call(own.token)).kind, "allowed");
  assert.equal((await world.auth.sessions.list({ subject: "ada" })).length, 2);
});

test("a policy of one's own cannot nest by accident: it must say nested", async () => {
  const world = start([]);
  const users = world.users;
  let nested: boolean | undefined;
  const policy = { identify: (subject: string) => users.get(subject), grant: () => ({ nested }) };
  const other = start([], { operateAs: policy });
  const first = await other.opened("ada", "bob");
  const caller = await other.callerOf(first.token);
  assert.equal((await other.auth.beginOperateAs(caller, { subject: "dave" })).kind, "denied");
  nested = true;
  assert.equal((await other.auth.beginOperateAs(caller, { subject: "dave" })).kind, "opened");
});

test("whoever waits for the end of such a session hears of a grant that ends, although no token is presented", async () => {
  const world = start([pair], { maxStalenessMs: 2_000 });
  const { session } = await world.opened("ada", "bob");
  const reasons: string[] = [];
  session.onEnd((reason) => reasons.push(reason));
  world.advance(10_000);
  assert.deepEqual(reasons, []);
  world.current.rules = [];
  world.advance(2_000);
  assert.deepEqual(reasons, ["grant ended"]);
});

test("a policy that fails or never answers is unavailable, at log-in and later, and ends nothing", async () => {
  const world = start([pair], { maxStalenessMs: 1_000, handlerTimeoutMs: 500 });
  const { token } = await world.opened("ada", "bob");
  let answer: () => Promise<never> = () => Promise.reject(new Error("the directory is down"));
  const get = world.users.get.bind(world.users);
  world.users.get = ((subject: string) => (subject === "bob" ? answer() : get(subject))) as never;
  world.advance(1_001);
  const decision = await world.call(token);
  assert.equal(decision.kind === "denied" && decision.reason, "unavailable");
  const again = await world.logIn("ada", "bob");
  assert.equal(again.kind === "denied" && again.reason, "unavailable");
  answer = () => new Promise(() => {});
  const waiting = world.call(token);
  world.advance(501);
  assert.equal((await waiting).kind, "denied");
  world.users.get = get;
  assert.equal((await world.call(token)).kind, "allowed");
});

test("a rule may ask for a reason and limit the time", async () => {
  const world = start([{ ...pair, reasonRequired: true, maxMs: 600_000 }], { rotateAfterMs: 60_000 });
  assert.equal((await world.logIn("ada", "bob")).kind, "denied");
  assert.equal((await world.logIn("ada", "bob", "line\nbreak")).kind, "denied");
  assert.equal((await world.logIn("ada", "bob", "")).kind, "denied");
  for (const name of ["", "b\nob", "b".repeat(257)]) {
    assert.equal((await world.logIn("ada", name, "x")).kind, "denied");
  }
  const { session, token } = await world.opened("ada", "bob", "ticket 42");
  assert.equal(session.expiresAt - session.createdAt, 600_000);
  await world.callerOf(token);
  world.advance(600_000);
  assert.equal((await world.call(token)).kind, "denied");
});

test("actor × target × before and after: nobody operates as whom the rules do not name", async () => {
  const rules: readonly OperateAsRule[] = [
    { actors: ["ada"], targets: ["bob"] },
    { actorRoles: ["admin"], targets: ["*"], except: ["ada"] },
    { actors: ["d*"], targetRoles: ["user", "support"], exceptRoles: ["support"] },
  ];
  const allowed = new Set(["ada bob", "carol bob", "carol dave", "dave bob"]);
  const names = ["ada", "bob", "carol", "dave"];
  let tried = 0;
  for (const actor of names) {
    for (const target of names) {
      for (const revoked of ["nobody", "the actor", "the target", "the grant"]) {
        if (actor === target) continue;
        const world = start(rules, { maxStalenessMs: 0 });
        const outcome = await world.logIn(actor, target);
        assert.equal(outcome.kind === "opened", allowed.has(`${actor} ${target}`), `${actor} as ${target}`);
        const own = await world.opened(actor);
        const switched = await world.auth.beginOperateAs(await world.callerOf(own.token), { subject: target });
        assert.equal(switched.kind, outcome.kind);
        tried += 1;
        for (const one of [outcome, switched]) {
          if (one.kind !== "opened") continue;
          if (revoked === "the actor") await world.auth.sessions.endSubject(actor);
          if (revoked === "the target") await world.auth.sessions.endSubject(target);
          if (revoked === "the grant") world.current.rules = [];
          const decision = await world.call(one.token);
          assert.equal(decision.kind === "allowed", revoked === "nobody", `${actor} as ${target} after ${revoked}`);
        }
      }
    }
  }
  assert.equal(tried, 48);
});

test("a pattern of stars matches as a regular expression would, in a time that its length bounds", () => {
  const identify = (subject: string) => ({ subject });
  const fits = (pattern: string, subject: string) =>
    operateAsRules({ identify, rules: [{ actors: [pattern], targets: ["*"] }] }).grant({
      actor: { subject },
      target: { subject: "t" },
    }) !== undefined;
  const words = (alphabet: string, length: number): string[] =>
    length === 0
      ? [""]
      : words(alphabet, length - 1).flatMap((word) => [word, ...[...alphabet].map((one) => word + one)]);
  const subjects = [...new Set(words("ab", 5))].filter((word) => word !== "");
  for (const pattern of new Set(words("a*b", 4))) {
    if (pattern === "") continue;
    const expected = new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`);
    for (const subject of subjects)
      assert.equal(fits(pattern, subject), expected.test(subject), `${pattern} ${subject}`);
  }
  // A regular expression tries 10^14 ways to spread 256 letters over thirty stars.
  assert.equal(fits(`${"*a".repeat(30)}*b`, "a".repeat(256)), false);
});

test("names in rules are exact but for *, and no character of a pattern means anything else", () => {
  const identify = () => null;
  const fits = (pattern: string, subject: string) =>
    operateAsRules({ identify, rules: [{ actors: [pattern], targets: ["*"] }] }).grant({
      actor: { subject },
      target: { subject: "bob" },
    }) !== undefined;
  assert.ok(fits("svc-*", "svc-1") && fits("*", "any\u2028thing") && fits("a.b", "a.b") && fits("x|y", "x|y"));
  for (const [pattern, subject] of [
    ["a.b", "axb"],
    ["svc-*", "xsvc-1"],
    ["ada", "Ada"],
    ["ada", "adam"],
    ["x|y", "x"],
    ["(a+)+", "aa"],
  ]) {
    assert.ok(!fits(pattern as string, subject as string), `${pattern} ${subject}`);
  }
});

test("a rule that names no actor, no target, or an empty list is refused at start", () => {
  const identify = () => null;
  const make = (rule: OperateAsRule) => () => operateAsRules({ identify, rules: [rule] });
  assert.throws(make({ targets: ["*"] }), /operateAs\.rules\[0\] needs actors or actorRoles/);
  assert.throws(make({ actors: ["*"] }), /operateAs\.rules\[0\] needs targets or targetRoles/);
  assert.throws(make({ actors: [], targets: ["*"] }), /operateAs\.rules\[0\]\.actors must be a list of names/);
  assert.throws(make({ ...pair, maxMs: 0 }), /maxMs must be a whole number/);
});

test("a condition that is misspelt, or of another form, is refused at start, and not taken for none", () => {
  const make = (rule: object) => () => operateAsRules({ identify: () => null, rules: [rule as OperateAsRule] });
  for (const [rule, message] of [
    [{ ...pair, exept: ["carol"] }, /operateAs\.rules\[0\]: there is no condition exept; did you mean "except"\?/],
    [{ actorRoles: "admin", targets: ["*"] }, /actorRoles must be a list of names/],
    [{ ...pair, except: "carol" }, /except must be a list of names/],
    [{ ...pair, targets: null }, /targets must be a list of names/],
    [{ ...pair, reasonRequired: "yes" }, /reasonRequired must be true or false/],
  ] as const) {
    assert.throws(make(rule), { code: "invalid_options", message });
  }
});

test("whoever came without a session may operate, but not nest", async () => {
  const world = start([pair]);
  const decision = await world.auth.authenticate(request(`Basic ${Buffer.from("ada:ada").toString("base64")}`));
  assert.ok(decision.kind === "allowed");
  assert.equal((await world.auth.beginOperateAs(decision.caller, { subject: "bob" })).kind, "opened");
});

test("a session that begins from another one has its rules: who cannot follow a token cannot follow this one either", async () => {
  const world = start([{ actors: ["ada"], targets: ["bob"] }]);
  const rules = { ...world.auth.front.rules, policy: "overlapping" } as const;
  const proof = { scheme: "basic", payload: btoa("ada:ada") };
  const peer = { address: "192.0.2.1", trusted: false };
  const own = await world.auth.logIn(proof, { peer, target: { method: "POST", path: "/" }, rules });
  assert.ok(own.kind === "opened");
  const operating = await world.auth.beginOperateAs(own.caller, { subject: "bob" });
  assert.deepEqual(operating.kind === "opened" && operating.session.rules, rules);
  await world.auth.close();
});
