import assert from "node:assert/strict";
import { test } from "node:test";
import { bearer, createCluster, durations, logIn, requireAllowed, requireDenied } from "./nodes.js";

const { rotateAfterMs, idleMs, absoluteMs } = durations;

test("6. The absolute limit holds to the millisecond in the store's clock, and no chain of rotations outlives it", async () => {
  for (const [stepMs, lastStepMs] of [
    [30_000, 1],
    [59_999, 50],
    [100_003, 7],
  ] as const) {
    const { world, nodes, node } = createCluster({ count: 2 });
    const openedAt = world.platform.now();
    let { token } = await logIn(node);
    const left = (): number => openedAt + absoluteMs - world.platform.now();
    let turns = 0;
    for (let call = 0; left() > stepMs; call += 1) {
      world.advance(stepMs);
      const decision = requireAllowed(await bearer(nodes[call % 2] ?? node, token));
      assert.equal(decision.caller.session?.expiresAt, openedAt + absoluteMs);
      if (decision.offer !== undefined) turns += 1;
      token = decision.offer?.token ?? token;
    }
    assert.ok(turns > 10);
    while (left() > lastStepMs) world.advance(Math.min(lastStepMs, left() - lastStepMs));
    token = requireAllowed(await bearer(node, token)).offer?.token ?? token;
    world.advance(left() - 1);
    for (const each of nodes) requireAllowed(await bearer(each, token));
    world.advance(1);
    for (const each of nodes) requireDenied(await bearer(each, token), "expired");
  }
});

test("6. The limit is the store's: a node whose own clock is an hour off gains and loses nothing", async () => {
  const { world, store } = createCluster();
  for (const offMs of [-3_600_000, 3_600_000]) {
    const platform = { ...world.platform, now: () => world.platform.now() + offMs };
    const { node } = createCluster({ world: { ...world, platform }, store: () => store });
    const { token } = await logIn(node);
    let held = token;
    for (let passed = 0; passed + rotateAfterMs < absoluteMs; passed += rotateAfterMs) {
      world.advance(rotateAfterMs);
      held = requireAllowed(await bearer(node, held)).offer?.token ?? held;
    }
    world.advance(rotateAfterMs - 1);
    requireAllowed(await bearer(node, held));
    world.advance(1);
    requireDenied(await bearer(node, held), "expired");
  }
});

test("6. The idle limit holds within one rotateAfterMs", async () => {
  for (const usedForMs of [0, 10_000, rotateAfterMs - 20_000]) {
    const { world, node } = createCluster();
    const { token } = await logIn(node);
    // Used from memory, which writes nothing down.
    world.advance(usedForMs);
    requireAllowed(await bearer(node, token));
    world.advance(idleMs - rotateAfterMs - 1);
    const decision = requireAllowed(await bearer(node, token, { rotate: false }));
    assert.equal(decision.offer, undefined);
    world.advance(idleMs - 1);
    requireAllowed(await bearer(node, token, { rotate: false }));
    world.advance(idleMs);
    requireDenied(await bearer(node, token), "expired");
  }
});

test("6. A session that nobody uses is over after idleMs, to the millisecond", async () => {
  const { world, node } = createCluster();
  const [first, second] = [await logIn(node), await logIn(node, "bob")];
  world.advance(idleMs - 1);
  requireAllowed(await bearer(node, first.token));
  world.advance(1);
  requireDenied(await bearer(node, second.token), "expired");
});

test("6. A verdict's own expiry caps the session, with fractions rounded down", async () => {
  const { world, node } = createCluster({
    handlers: [
      {
        scheme: "Key",
        opens: "session",
        fromHeader: () => ({
          kind: "accepted",
          identity: { subject: "ada", name: "ada" },
          expiresAt: world.platform.now() + 10_000.75,
        }),
      },
    ],
  });
  const outcome = await node.logIn(
    { scheme: "Key", payload: "" },
    { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } },
  );
  assert.ok(outcome.kind === "opened");
  assert.equal(outcome.session.expiresAt, world.platform.now() + 10_000);
  world.advance(9_999);
  requireAllowed(await bearer(node, outcome.token));
  world.advance(1);
  requireDenied(await bearer(node, outcome.token), "expired");
});
