import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../src/model/decision.js";
import type { Session } from "../../src/model/session.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createRandom } from "../../src/testing/random.js";
import { isFull } from "../size.js";
import { createWorld } from "../world.js";
import {
  basicOf,
  bearer,
  type Cluster,
  createCluster,
  durations,
  logIn,
  type Node,
  peer,
  present,
  requireAllowed,
  requireDenied,
  type User,
} from "./nodes.js";
import { atDistance, inEveryOrder, inSomeOrders, type Scheduler } from "./scheduled-store.js";

const { rotateAfterMs } = durations;

/** Two nodes: the first far from the store, so that everything overtakes it; the second asks from afar, and hears at once. */
async function remoteCluster(scheduler: Scheduler): Promise<Cluster> {
  const world = createWorld();
  const store = memory({ platform: world.platform });
  return createCluster({
    world,
    count: 2,
    store: () => store,
    view(_, index) {
      const far = atDistance(store, scheduler, index === 0 ? "one" : "two");
      return index === 0 ? far : { ...far, watch: store.watch };
    },
  });
}

/** Waits for a promise that races with nobody. */
async function finish<T>(scheduler: Scheduler, work: Promise<T>): Promise<T> {
  await scheduler.drain();
  return work;
}

/** Whatever was handed out, on whatever node: none of it opens anything any more. */
async function requireDead(scheduler: Scheduler, cluster: Cluster, tokens: readonly string[]): Promise<void> {
  for (const node of cluster.nodes) {
    for (const token of tokens) requireDenied(await finish(scheduler, Promise.resolve(bearer(node, token))), "revoked");
  }
}

const offerOf = (decision: Decision<User>): string[] =>
  decision.kind === "allowed" && decision.offer !== undefined ? [decision.offer.token] : [];

const ends = {
  "the session is ended by its ref": (node: Node, ref: string) => node.sessions.end(ref),
  "the subject is ended": (node: Node) => node.sessions.endSubject("ada"),
  "the caller logs out": (_node: Node, _ref: string, session: Session | undefined) => session?.end(),
};

// Of the many orders of this one `npm test` draws some.
const many = "the subject is ended";

for (const [name, end] of Object.entries(ends)) {
  test(`5. Revocation, logout and disabling a user are final, also against a rotation under way: ${name}`, async (t) => {
    const random = createRandom(process.env.SEED === undefined ? undefined : Number(process.env.SEED));
    t.diagnostic(`SEED=${random.seed}`);
    const scenario = async (scheduler: Scheduler) => {
      const cluster = await remoteCluster(scheduler);
      const [one, two] = cluster.nodes as [Node, Node];
      const { token, ref } = await finish(scheduler, logIn(one));
      const { session } = requireAllowed(await finish(scheduler, Promise.resolve(bearer(two, token)))).caller;
      cluster.world.advance(rotateAfterMs);
      const rotating = bearer(one, token);
      const ending = end(two, ref, session);
      await scheduler.race();
      await ending;
      await requireDead(scheduler, cluster, [token, ...offerOf(await rotating)]);
    };
    if (name === many && !isFull) {
      await inSomeOrders(scenario, 300, random);
      return;
    }
    const orders = await inEveryOrder(scenario);
    t.diagnostic(`${orders} orders`);
    assert.ok(orders >= 15, `${orders} orders`);
  });
}

test("5. Revocation is final, also against a first presentation under way on another node", async () => {
  await inEveryOrder(async (scheduler) => {
    const cluster = await remoteCluster(scheduler);
    const [one, two] = cluster.nodes as [Node, Node];
    const { token, ref } = await finish(scheduler, logIn(one));
    cluster.world.advance(rotateAfterMs);
    const [next] = offerOf(await finish(scheduler, Promise.resolve(bearer(one, token))));
    const confirming = bearer(one, next ?? "");
    const ending = two.sessions.end(ref);
    await scheduler.race();
    await Promise.all([confirming, ending]);
    await requireDead(scheduler, cluster, [token, next ?? ""]);
  });
});

test("5. Disabling a user is final, also against a log-in under way", async () => {
  const orders = await inEveryOrder(async (scheduler) => {
    const cluster = await remoteCluster(scheduler);
    const [one, two] = cluster.nodes as [Node, Node];
    // As an operator does: first the account, then the sessions. The check began before that and said yes.
    const byHeader = present(one, basicOf("ada", "lovelace"));
    const byMessage = one.logIn(
      { scheme: "Basic", payload: basicOf("ada", "lovelace").slice(6) },
      { peer, target: { method: "POST", path: "/" } },
    );
    const ending = two.sessions.endSubject("ada");
    await scheduler.race();
    await ending;
    const [first, second] = [await byHeader, await byMessage];
    const tokens = [...offerOf(first), ...(second.kind === "opened" ? [second.token] : [])];
    await requireDead(scheduler, cluster, tokens);
  });
  assert.ok(orders >= 15, `${orders} orders`);
});

test("5. A password whose check was under way when the user was disabled is not remembered on any node", async () => {
  for (const endedBy of [0, 1]) {
    const world = createWorld();
    let answer: (identity: User | null) => void = () => {};
    let checks = 0;
    const { nodes } = createCluster({
      world,
      count: 2,
      handlers: [
        {
          scheme: "Basic",
          opens: "session",
          remember: true,
          fromHeader: () => {
            checks += 1;
            return new Promise<User | null>((resolve) => {
              answer = resolve;
            }).then((identity) => (identity ? { kind: "accepted", identity } : { kind: "rejected" }));
          },
        },
      ],
    });
    const [one, ender] = [nodes[0] as Node, nodes[endedBy] as Node];
    const before = present(one, basicOf("ada", "lovelace"));
    await ender.sessions.endSubject("ada");
    answer({ subject: "ada", name: "Ada" });
    requireDenied(await before, "unavailable");
    const after = present(one, basicOf("ada", "lovelace"));
    answer(null);
    requireDenied(await after, "invalid_credentials");
    assert.equal(checks, 2);
  }
});

test("5. A session ends only once, whoever ends it and however often", async () => {
  const { nodes, events } = createCluster({ count: 2 });
  const [one, two] = nodes as [Node, Node];
  const { token, ref } = await logIn(one);
  const decision = await bearer(two, token);
  assert.ok(decision.kind === "allowed");
  await Promise.all([decision.caller.session?.end(), one.sessions.end(ref), two.sessions.end(ref, "again")]);
  await decision.caller.session?.end();
  assert.equal(events.filter(({ kind }) => kind === "session-ended").length, 1);
});
