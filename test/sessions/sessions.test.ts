import assert from "node:assert/strict";
import { test } from "node:test";
import {
  basicOf,
  bearer,
  createCluster,
  durations,
  logIn,
  type Node,
  peer,
  present,
  requireAllowed,
  requireDenied,
  requireOffer,
} from "../invariants/nodes.js";

const { idleMs, rotateAfterMs, absoluteMs } = durations;

test("list gives live sessions in the order of ref, by subject and page, and nothing secret", async () => {
  const { node, world } = createCluster();
  const opened = [await logIn(node), await logIn(node), await logIn(node, "bob")];
  const offered = requireOffer(await present(node, basicOf("bob", "builder")));
  const all = await node.sessions.list();
  assert.equal(all.length, 4);
  assert.deepEqual(
    all.map(({ ref }) => ref),
    all.map(({ ref }) => ref).sort(),
  );
  const now = world.platform.now();
  const ada = await node.sessions.list({ subject: "ada" });
  assert.deepEqual(
    ada.map(({ ref }) => ref),
    opened
      .slice(0, 2)
      .map(({ ref }) => ref)
      .sort(),
  );
  assert.deepEqual(ada[0], {
    ref: ada[0]?.ref,
    subject: "ada",
    actor: undefined,
    scheme: "basic",
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now + absoluteMs,
    claimed: true,
  });
  assert.deepEqual((await node.sessions.list({ subject: "bob" })).map(({ claimed }) => claimed).sort(), [false, true]);
  assert.deepEqual(await node.sessions.list({ subject: "nobody" }), []);
  const paged = [];
  for (let after = ""; ; ) {
    const [next] = await node.sessions.list({ after, limit: 1 });
    if (next === undefined) break;
    paged.push(next);
    after = next.ref;
  }
  assert.deepEqual(paged, all);
  assert.equal(JSON.stringify(all).includes(offered), false);
});

test("list gives at least one and at most 1,000 at a time, 100 unless told", async () => {
  const limits: number[] = [];
  const { node } = createCluster({
    view: (store) => ({
      ...store,
      listSessions(query) {
        limits.push(query.limit);
        return store.listSessions(query);
      },
    }),
  });
  for (const limit of [undefined, 5, 2.9, 1_000, 1_001, 1e9, 0, -4]) {
    await node.sessions.list(limit === undefined ? {} : { limit });
  }
  assert.deepEqual(limits, [100, 5, 2, 1_000, 1_000, 1_000, 1, 1]);
});

test("a list leaves out what is over", async () => {
  const { node, world } = createCluster();
  const gone = await logIn(node);
  await logIn(node);
  await node.sessions.end(gone.ref);
  assert.equal((await node.sessions.list()).length, 1);
  world.advance(idleMs);
  assert.deepEqual(await node.sessions.list(), []);
});

test("lastUsedAt follows use, exact to rotateAfterMs", async () => {
  const { node, world } = createCluster();
  const { token } = await logIn(node);
  world.advance(rotateAfterMs);
  await bearer(node, token, { rotate: false });
  const used = world.platform.now();
  world.advance(1_000);
  await bearer(node, token, { rotate: false });
  assert.equal((await node.sessions.list())[0]?.lastUsedAt, used);
});

test("end says whether there was one to end, and ends nothing else", async () => {
  const { nodes, events } = createCluster({ count: 2 });
  const [one, two] = nodes as [Node, Node];
  const [first, second] = [await logIn(one), await logIn(one)];
  requireAllowed(await bearer(two, first.token));
  assert.equal(await two.sessions.end("AAAAAAAAAAAAAAAAAAAAAA"), false);
  assert.equal(await two.sessions.end(first.ref, "stolen laptop"), true);
  assert.equal(await one.sessions.end(first.ref), false);
  for (const node of nodes) {
    requireDenied(await bearer(node, first.token), "revoked");
    requireAllowed(await bearer(node, second.token));
  }
  assert.deepEqual(
    events.filter(({ kind }) => kind === "session-ended"),
    [{ kind: "session-ended", ref: first.ref, reason: "stolen laptop", subject: "ada" }],
  );
});

test("endSubject ends what the subject opened and what acts for it, on every node, and nobody else's", async () => {
  const { nodes, events } = createCluster({
    count: 2,
    handlers: [
      {
        scheme: "Key",
        opens: "session",
        fromHeader(payload) {
          const [subject = "", actor] = payload.split("/");
          const who = { kind: "accepted", identity: { subject, name: subject } } as const;
          return actor === undefined ? who : { ...who, actor: { subject: actor } };
        },
      },
    ],
  });
  const [one, two] = nodes as [Node, Node];
  const tokens = new Map<string, string>();
  for (const payload of ["ada", "bob", "ada/bob", "bob/ada", "bob/eve"]) {
    const outcome = await one.logIn({ scheme: "key", payload }, { peer, target: { method: "POST", path: "/" } });
    assert.ok(outcome.kind === "opened");
    tokens.set(payload, outcome.token);
    requireAllowed(await bearer(two, outcome.token));
  }
  await two.sessions.endSubject("ada", "disabled");
  for (const [payload, token] of tokens) {
    for (const node of nodes)
      assert.equal((await bearer(node, token)).kind, payload.includes("ada") ? "denied" : "allowed");
  }
  assert.deepEqual(events.at(-1), { kind: "subject-ended", subject: "ada", reason: "disabled" });
  const again = await one.logIn({ scheme: "key", payload: "ada" }, { peer, target: { method: "POST", path: "/" } });
  assert.equal(again.kind, "denied", "in the same millisecond");
});

test("after the end of a subject its next log-in opens a session again", async () => {
  const { node, world } = createCluster();
  await node.sessions.endSubject("ada");
  world.advance(1);
  const { token } = await logIn(node);
  requireAllowed(await bearer(node, token));
});

test("an offered session lives unclaimedMs, to the millisecond; its first presentation claims it", async () => {
  const { node, world } = createCluster({ unclaimedMs: 120_000 });
  const offer = async () => requireOffer(await present(node, basicOf("ada", "lovelace"), { peer: { ...peer } }));
  const [taken, left] = [await offer(), await offer()];
  world.advance(119_999);
  requireAllowed(await bearer(node, taken));
  world.advance(1);
  requireDenied(await bearer(node, left), "expired");
  requireAllowed(await bearer(node, taken));
});

test("offers nobody takes push out older offers, and never a session in use", async () => {
  const { node } = createCluster({ maxSessionsPerSubject: 2, maxUnclaimedPerSubject: 3 });
  const held = [await logIn(node), await logIn(node)];
  const offers: string[] = [];
  for (let count = 0; count < 8; count += 1) {
    offers.push(requireOffer(await present(node, basicOf("ada", "lovelace"), { peer: { ...peer } })));
  }
  for (const token of offers.slice(0, 5)) requireDenied(await bearer(node, token), "expired");
  for (const { token } of held) requireAllowed(await bearer(node, token));
  requireAllowed(await bearer(node, offers[5] ?? ""));
});

test("beyond the cap the oldest session goes, and whoever waits for its end is told", async () => {
  const { node } = createCluster({ maxSessionsPerSubject: 2 });
  const [first, second] = [await logIn(node), await logIn(node)];
  const reasons: string[] = [];
  requireAllowed(await bearer(node, first.token)).caller.session?.onEnd((reason) => reasons.push(reason));
  const other = await logIn(node, "bob");
  assert.deepEqual(reasons, []);
  const third = await logIn(node);
  assert.deepEqual(reasons, ["cap"]);
  requireDenied(await bearer(node, first.token), "expired");
  for (const { token } of [second, third, other]) requireAllowed(await bearer(node, token));
});

test("onReuse decides what becomes of a session whose old token came back; what it throws spares nobody", async () => {
  const policies = {
    refuse: () => "refuse" as const,
    revoke: () => "revoke" as const,
    throws: () => {
      throw new Error("policy");
    },
  };
  for (const [name, onReuse] of Object.entries(policies)) {
    const asked: unknown[] = [];
    const { node, world } = createCluster({
      onReuse(session) {
        asked.push(session);
        return onReuse();
      },
    });
    const { token, ref } = await logIn(node);
    world.advance(rotateAfterMs);
    const next = requireOffer(await bearer(node, token));
    requireAllowed(await bearer(node, next));
    world.advance(durations.overlapMs + durations.stragglerMs);
    requireDenied(await bearer(node, token), name === "refuse" ? "superseded" : "revoked");
    assert.equal((await bearer(node, next)).kind, name === "refuse" ? "allowed" : "denied", name);
    assert.deepEqual(asked, [{ ref, subject: "ada" }]);
  }
});
