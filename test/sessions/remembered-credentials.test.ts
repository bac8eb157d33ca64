import assert from "node:assert/strict";
import { test } from "node:test";
import { type Handler, rejected, type Verdict } from "../../src/handlers/handler.js";
import {
  basicOf,
  type ClusterOptions,
  createCluster,
  type Node,
  peer,
  present,
  requireAllowed,
  requireDenied,
  type User,
} from "../invariants/nodes.js";

const ada = basicOf("ada", "lovelace");

/** A handler whose checks are counted, and answered when the test says so. */
function start(
  options: ClusterOptions & {
    readonly scheme?: string;
    readonly verdict?: Partial<Verdict<User> & { kind: "accepted" }>;
  } = {},
) {
  const { scheme = "Basic", verdict, ...rest } = options;
  const waiting: ((verdict: Verdict<User>) => void)[] = [];
  let checks = 0;
  let slow = false;
  const yes = (): Verdict<User> => ({ kind: "accepted", identity: { subject: "ada", name: "Ada" }, ...verdict });
  const handlerOf = (name: string): Handler<User> => ({
    scheme: name,
    opens: "session",
    remember: true,
    fromHeader() {
      checks += 1;
      return slow ? new Promise((resolve) => waiting.push(resolve)) : yes();
    },
  });
  const cluster = createCluster({ handlers: [handlerOf(scheme), handlerOf("Other")], ...rest });
  return {
    ...cluster,
    checks: () => checks,
    slowly() {
      slow = true;
    },
    answer: (given: Verdict<User> = yes()) => waiting.shift()?.(given),
    waiting: () => waiting.length,
  };
}

test("that a password was right is remembered for rememberMs, and then it is checked again", async () => {
  const { node, world, checks } = start({ rememberMs: 30_000 });
  requireAllowed(await present(node, ada));
  world.advance(29_999);
  requireAllowed(await present(node, ada));
  assert.equal(checks(), 1);
  world.advance(1);
  requireAllowed(await present(node, ada));
  assert.equal(checks(), 2);
});

test("rememberMs counts from before the check, however long that took", async () => {
  const { node, world, checks, slowly, answer } = start({ rememberMs: 5_000 });
  slowly();
  const first = present(node, ada);
  world.advance(4_000);
  answer();
  requireAllowed(await first);
  world.advance(999);
  requireAllowed(await present(node, ada));
  assert.equal(checks(), 1);
  world.advance(1);
  void present(node, ada);
  assert.equal(checks(), 2);
});

test("with rememberMs 0, and for a handler that does not say so, every call is checked", async () => {
  const { node, checks } = start({ rememberMs: 0 });
  for (let call = 0; call < 3; call += 1) requireAllowed(await present(node, ada));
  assert.equal(checks(), 3);
  let asked = 0;
  const other = createCluster({
    handlers: [
      {
        scheme: "Basic",
        opens: "session",
        fromHeader: () => {
          asked += 1;
          return { kind: "accepted", identity: { subject: "ada", name: "Ada" } };
        },
      },
    ],
  });
  for (let call = 0; call < 3; call += 1) requireAllowed(await present(other.node, ada));
  assert.equal(asked, 3);
});

test("a route that wants a fresher proof than is remembered has the password of this very call checked", async () => {
  const { node, checks, world } = start();
  requireAllowed(await present(node, ada));
  world.advance(10_000);
  requireAllowed(await present(node, ada, { stepUp: { maxAgeMs: 10_000 } }));
  assert.equal(checks(), 1, "remembered");
  world.advance(1);
  requireAllowed(await present(node, ada, { stepUp: { maxAgeMs: 10_000 } }));
  assert.equal(checks(), 2);
  requireAllowed(await present(node, ada, { stepUp: { maxAgeMs: 0 } }));
  requireDenied(await present(node, ada, { stepUp: { acrValues: ["mfa"] } }), "insufficient_user_authentication");
  assert.equal(checks(), 2, "another check would make it no stronger");
});

test("a wrong password is never remembered, neither as wrong nor as right", async () => {
  const { node, checks, slowly, answer } = start();
  slowly();
  for (let call = 0; call < 3; call += 1) {
    const decision = present(node, ada);
    answer(rejected);
    requireDenied(await decision, "invalid_credentials");
  }
  assert.equal(checks(), 3);
});

test("a memory of one scheme, one password or one node is worth nothing to another", async () => {
  const { nodes, checks } = start({ count: 2 });
  const [one, two] = nodes as [Node, Node];
  requireAllowed(await present(one, ada));
  for (const [node, authorization] of [
    [one, ada.replace("Basic", "Other")],
    [one, `${ada}x`],
    [one, ada.slice(0, -1)],
    [two, ada],
  ] as const) {
    const before = checks();
    requireAllowed(await present(node, authorization));
    assert.equal(checks(), before + 1, authorization);
  }
  const before = checks();
  requireAllowed(await present(one, ada.replace("Basic", "bAsIc")));
  assert.equal(checks(), before, "the same scheme in another case");
});

test("an end of the subject on any node makes every node forget its passwords, and a lost feed makes it forget all", async () => {
  const { nodes, world, checks } = start({ count: 2 });
  const [one, two] = nodes as [Node, Node];
  for (const node of [one, two]) requireAllowed(await present(node, ada));
  await one.sessions.endSubject("bob");
  for (const node of [one, two]) requireAllowed(await present(node, ada));
  assert.equal(checks(), 2);
  await two.sessions.endSubject("ada");
  world.advance(1);
  for (const node of [one, two]) requireAllowed(await present(node, ada, { peer: { ...peer } }));
  assert.equal(checks(), 4);
});

test("the end of the actor makes a node forget the password by which it acts", async () => {
  const { node, world, checks } = start({ verdict: { actor: { subject: "root" } } });
  requireAllowed(await present(node, ada));
  await node.sessions.endSubject("root");
  world.advance(1);
  requireAllowed(await present(node, ada));
  assert.equal(checks(), 2);
});

test("one check serves all who present the same password at once; nobody joins one from before an end", async () => {
  const { node, checks, slowly, answer, waiting, world } = start();
  slowly();
  const before = [present(node, ada), present(node, ada)];
  assert.equal(checks(), 1);
  await node.sessions.endSubject("ada");
  world.advance(1);
  const after = [present(node, ada, { peer: { ...peer } }), present(node, ada, { peer: { ...peer } })];
  assert.equal(checks(), 2);
  assert.equal(waiting(), 2);
  answer();
  answer(rejected);
  // The one that opens a session for the checks from before is told no by the store; none of it is remembered.
  assert.equal((await before[0])?.kind, "denied");
  for (const decision of after) requireDenied(await decision, "invalid_credentials");
  const next = present(node, ada);
  assert.equal(checks(), 3);
  answer(rejected);
  requireDenied(await next, "invalid_credentials");
});

test("a check from before an end is not remembered, although it opens no session that the store could refuse", async () => {
  const { node, checks, slowly, answer } = start();
  slowly();
  const before = present(node, ada, { rotate: false });
  await node.sessions.endSubject("ada");
  answer();
  requireAllowed(await before);
  const after = present(node, ada, { rotate: false });
  assert.equal(checks(), 2);
  answer(rejected);
  requireDenied(await after, "invalid_credentials");
});

test("an expiry of the credentials ends the memory of them, whatever rememberMs says", async () => {
  const world = createCluster().world;
  const { node, checks } = start({ world, rememberMs: 30_000, verdict: { expiresAt: world.platform.now() + 10_000 } });
  requireAllowed(await present(node, ada));
  world.advance(9_999);
  requireAllowed(await present(node, ada));
  assert.equal(checks(), 1);
  world.advance(1);
  requireDenied(await present(node, ada), "invalid_credentials");
  assert.equal(checks(), 2);
});

test("a verdict whose expiry has passed is a refusal, by header and by message, and no fault of the store", async () => {
  for (const agoMs of [-0.5, 0, 0.5, 1, 1e12]) {
    const world = createCluster().world;
    const { node, events } = start({ world, verdict: { expiresAt: world.platform.now() - agoMs } });
    requireDenied(await present(node, ada), "invalid_credentials");
    const outcome = await node.logIn(
      { scheme: "Basic", payload: "x" },
      { peer, target: { method: "POST", path: "/" } },
    );
    assert.equal(outcome.kind === "denied" && outcome.reason, "invalid_credentials");
    assert.deepEqual(events, []);
  }
});

test("an identity that does not survive JSON is 503 and told to the operator, by header and by message", async () => {
  const born = { subject: "ada", name: "Ada", born: new Date(0) };
  const { node, events } = start({ verdict: { identity: born } });
  requireDenied(await present(node, ada), "unavailable");
  await node.logIn({ scheme: "Basic", payload: "x" }, { peer, target: { method: "POST", path: "/" } });
  assert.equal(events.length, 2);
  for (const event of events) {
    assert.ok(event.kind === "handler-failed" && event.failure.kind === "threw");
    assert.match(String(event.failure.error), /^AuthError: identity\.born does not survive JSON/);
  }
});

test("an observer that throws or rejects changes nothing, and the process lives", async () => {
  const observers = [
    () => {
      throw new Error("mine");
    },
    async () => {
      throw new Error("mine");
    },
  ];
  for (const onEvent of observers) {
    const { node } = start({ onEvent: onEvent as () => void });
    requireAllowed(await present(node, ada));
    await new Promise(setImmediate);
  }
});

test("the memory of passwords is bounded: beyond 10,000 the oldest is checked again", async () => {
  const { node, checks } = start();
  const first = `Basic ${Buffer.from("0").toString("base64")}`;
  for (let index = 0; index <= 10_000; index += 1) {
    await present(node, `Basic ${Buffer.from(String(index)).toString("base64")}`, { rotate: false });
  }
  assert.equal(checks(), 10_001);
  await present(node, `Basic ${Buffer.from("10000").toString("base64")}`, { rotate: false });
  assert.equal(checks(), 10_001);
  await present(node, first, { rotate: false });
  assert.equal(checks(), 10_002);
});
