import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import type { Decision } from "../../src/model/decision.js";
import type { Store } from "../../src/model/store.js";
import { createWorld } from "../world.js";
import {
  basicOf,
  bearer,
  createCluster,
  durations,
  logIn,
  peer,
  present,
  requireAllowed,
  requireDenied,
  type User,
} from "./nodes.js";

const { rotateAfterMs } = durations;
const maxStalenessMs = 5_000;
const storeTimeoutMs = 2_000;

type Fault = (name: string) => unknown;

const never = (): Promise<never> => new Promise(() => {});

const faults: Readonly<Record<string, Fault>> = {
  throws: (name) => {
    throw new Error(`${name}: connection refused`);
  },
  "throws something that is no error": () => {
    throw undefined;
  },
  rejects: (name) => Promise.reject(new Error(`${name}: connection refused`)),
  "hangs for ever": never,
  "answers null": () => null,
  "answers rubbish": () => Promise.resolve({ row: { rules: {} }, now: "later" }),
  "answers an object of another kind": () => Object.freeze([]),
};

/** A store that works until it does not, and whose feed then falls silent with it. */
function breakable(store: Store, monotonic: () => number) {
  let fault: Fault | undefined;
  let silentSince: number | undefined;
  const guarded = <K extends keyof Store>(name: K): Store[K] =>
    ((...values: unknown[]) =>
      fault ? fault(name) : (store[name] as (...values: unknown[]) => unknown)(...values)) as Store[K];
  const broken: Store = {
    ...store,
    openSession: guarded("openSession"),
    loadSession: guarded("loadSession"),
    swapSession: guarded("swapSession"),
    endSession: guarded("endSession"),
    endSubject: guarded("endSubject"),
    listSessions: guarded("listSessions"),
    loadState: guarded("loadState"),
    swapState: guarded("swapState"),
    loadSealed: guarded("loadSealed"),
    swapSealed: guarded("swapSealed"),
    loadRecord: guarded("loadRecord"),
    swapRecord: guarded("swapRecord"),
    purge: guarded("purge"),
    watch: (onEnd) => ({ ...store.watch(onEnd), aliveAt: () => silentSince ?? monotonic() }),
  };
  return {
    store: broken,
    fail(how: Fault) {
      fault = how;
      silentSince = monotonic();
    },
    repair() {
      fault = undefined;
      silentSince = undefined;
    },
  };
}

function start() {
  const world = createWorld();
  let parts: ReturnType<typeof breakable> | undefined;
  const cluster = createCluster({
    world,
    maxStalenessMs,
    storeTimeoutMs,
    view(store) {
      parts = breakable(store, world.platform.monotonic);
      return parts.store;
    },
  });
  assert.ok(parts);
  return { ...cluster, ...parts };
}

/** Lets the promises of the engine run. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The answer that is there once the clock has been turned by `ms`. */
async function within<T>(world: ReturnType<typeof createWorld>, ms: number, answer: T | Promise<T>): Promise<T> {
  let done = false;
  const waited = Promise.resolve(answer).finally(() => {
    done = true;
  });
  waited.catch(() => {});
  await quiet();
  for (let passed = 0; passed < ms && !done; passed += 250) {
    world.advance(250);
    await quiet();
  }
  assert.ok(done, `no answer within ${ms} ms`);
  return waited;
}

for (const [name, fault] of Object.entries(faults)) {
  test(`11. A store that ${name} yields unavailable in bounded time: never a 401`, async () => {
    const { world, node, fail, repair, events } = start();
    const { token, ref } = await logIn(node);
    const decision = requireAllowed(await bearer(node, token));
    const session = decision.caller.session;
    world.advance(rotateAfterMs); // due, so that memory does not answer
    fail(fault);
    const denied = async (asked: Decision<User> | Promise<Decision<User>>) =>
      requireDenied(await within(world, storeTimeoutMs, asked), "unavailable");
    assert.deepEqual((await denied(bearer(node, token))).challenges, []);
    assert.equal((await denied(bearer(node, token, { rotate: false }))).code, "unavailable");
    await denied(present(node, basicOf("ada", "lovelace"), { peer: { ...peer } }));
    const outcome = await within(
      world,
      storeTimeoutMs,
      node.logIn(
        { scheme: "basic", payload: basicOf("ada", "lovelace").slice(6) },
        { peer, target: { method: "POST", path: "/" } },
      ),
    );
    assert.ok(outcome.kind === "denied" && outcome.reason === "unavailable");
    // Nor does anybody guess uncounted.
    await denied(present(node, basicOf("ada", "wrong")));
    repair();
    requireAllowed(await bearer(node, token));
    assert.equal(session?.ended, false);
    assert.equal(await node.sessions.end(ref), true);
    assert.ok(events.every(({ kind }) => kind !== "reuse"));
  });
}

for (const name of ["throws", "rejects", "hangs for ever"]) {
  test(`11. Administration says so when the store ${name}: an end is never reported that was not written`, async () => {
    const { world, node, fail, events } = start();
    const { token, ref } = await logIn(node);
    const session = requireAllowed(await bearer(node, token)).caller.session;
    assert.ok(session);
    let ended = 0;
    session.onEnd(() => {
      ended += 1;
    });
    fail(faults[name] as Fault);
    const attempts: (() => Promise<unknown>)[] = [
      () => node.sessions.end(ref),
      () => node.sessions.endSubject("ada"),
      () => node.sessions.list(),
      () => session.end(),
      () => session.state(),
      () => session.updateState(() => 1),
      () => node.throttle.reset("ada"),
    ];
    for (const attempt of attempts) {
      await assert.rejects(within(world, storeTimeoutMs, attempt()), (error) => {
        assert.ok(error instanceof AuthError);
        assert.equal(error.code, "unavailable");
        assert.equal(error.message, "the session store cannot answer now; try again");
        return true;
      });
    }
    assert.equal(ended, 0);
    assert.deepEqual(
      events.filter(({ kind }) => kind === "session-ended" || kind === "subject-ended"),
      [],
    );
  });
}

test("11. An accept comes only from memory, within the stated staleness", async () => {
  const { world, node, fail } = start();
  const { token } = await logIn(node);
  requireAllowed(await bearer(node, token));
  world.advance(1_000);
  fail(faults.throws as Fault);
  world.advance(maxStalenessMs - 1);
  assert.equal((await bearer(node, token)).kind, "allowed");
  world.advance(1);
  requireDenied(await bearer(node, token), "unavailable");
});

test("11. A node that is cut off from the feed but not from the store asks, and hears of the end", async () => {
  const world = createWorld();
  const heardAt = world.platform.monotonic();
  const { nodes } = createCluster({
    world,
    count: 2,
    maxStalenessMs,
    view: (store, index) => (index === 0 ? store : { ...store, watch: () => ({ aliveAt: () => heardAt, stop() {} }) }),
  });
  const [whole, cut] = nodes;
  assert.ok(whole && cut);
  const { token, ref } = await logIn(whole);
  requireAllowed(await bearer(cut, token));
  await whole.sessions.end(ref);
  world.advance(maxStalenessMs - 1);
  requireAllowed(await bearer(cut, token)); // within what is stated
  world.advance(1);
  requireDenied(await bearer(cut, token), "revoked");
});

test("11. An answer that comes after the deadline counts for nothing", async () => {
  const world = createWorld();
  const answers: (() => void)[] = [];
  let late = false;
  const { node } = createCluster({
    world,
    storeTimeoutMs,
    view: (store) => ({
      ...store,
      loadSession: (ref) =>
        late ? new Promise((resolve) => answers.push(() => resolve(store.loadSession(ref)))) : store.loadSession(ref),
    }),
  });
  const { token } = await logIn(node);
  world.advance(rotateAfterMs);
  late = true;
  const answer = bearer(node, token);
  await quiet();
  world.advance(storeTimeoutMs);
  requireDenied(await answer, "unavailable");
  for (const resolve of answers) resolve();
  await quiet();
  late = false;
  assert.equal(requireAllowed(await bearer(node, token)).caller.session?.ended, false);
});

test("11. A store whose swaps never succeed, each in just under the deadline, is given up in bounded time", async () => {
  const world = createWorld();
  let slow = false;
  const { node } = createCluster({
    world,
    storeTimeoutMs,
    view(store) {
      const slowly = <T>(answer: () => T | Promise<T>): T | Promise<T> =>
        slow ? new Promise((resolve) => world.platform.delay(storeTimeoutMs - 250, () => resolve(answer()))) : answer();
      return {
        ...store,
        loadSession: (ref) => slowly(() => store.loadSession(ref)),
        swapSession: (...values) => slowly(() => (slow ? undefined : store.swapSession(...values))),
      };
    },
  });
  const { token } = await logIn(node);
  world.advance(rotateAfterMs);
  slow = true;
  requireDenied(await within(world, 3 * storeTimeoutMs, bearer(node, token)), "unavailable");
});

test("11. A handler that throws, rejects, hangs or answers rubbish yields unavailable in bounded time, never a 401", async () => {
  for (const fault of Object.values(faults)) {
    const world = createWorld();
    const handlerTimeoutMs = 10_000;
    const { node, events } = createCluster({
      world,
      handlerTimeoutMs,
      handlers: [{ scheme: "Basic", opens: "session", fromHeader: () => fault("handler") as never }],
    });
    requireDenied(await within(world, handlerTimeoutMs, present(node, basicOf("ada", "lovelace"))), "unavailable");
    assert.equal(events.at(-1)?.kind, "handler-failed");
  }
});
