import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../../src/base/platform.js";
import type { HandlerContext, OneTimeProofs, Verdict } from "../../src/handlers/handler.js";
import { type RunOptions, runHandler } from "../../src/handlers/run-handler.js";
import type { HandlerFailure } from "../../src/model/events.js";

/** A platform whose only timer is turned by hand. */
function handTurned() {
  let due: (() => void) | undefined;
  const seen = { timers: 0, cancelled: 0, ms: 0, held: false };
  const platform: Platform = {
    now: () => 0,
    monotonic: () => 0,
    random: () => new Uint8Array(),
    delay(ms, done, hold = false) {
      seen.timers++;
      seen.ms = ms;
      seen.held = hold;
      due = done;
      return () => {
        seen.cancelled++;
        due = undefined;
      };
    },
  };
  return { platform, seen, deadline: () => due?.() };
}

const proofs = { realm: "example" } as OneTimeProofs;

function setUp() {
  const failures: HandlerFailure[] = [];
  const world = handTurned();
  const options: RunOptions = {
    platform: world.platform,
    timeoutMs: 5_000,
    peer: { address: "192.0.2.1", trusted: false },
    target: { method: "GET", path: "/" },
    proofs: () => proofs,
    round: 1,
    onFailure: (failure) => failures.push(failure),
  };
  return { ...world, options, failures };
}

const ada = { kind: "accepted", identity: { subject: "ada" } } as const;
const absent = {
  ...{ actor: undefined, expiresAt: undefined, acr: undefined, scopes: undefined, authenticatedAt: undefined },
};
const acceptedAda = { kind: "accepted", identity: { subject: "ada" }, ...absent };
const unavailable = { kind: "unavailable" };

test("roles are a list of texts, also those of an actor's actor, or there is no verdict", () => {
  const deep = (roles: unknown) => ({ subject: "ada", actor: { subject: "bob", roles } });
  for (const roles of ["admin", { includes: () => true }, [1], ["a", undefined], new Array(1), null, 7]) {
    for (const verdict of [
      { kind: "accepted", identity: { subject: "ada", roles } },
      { kind: "accepted", identity: { subject: "ada" }, actor: deep(roles) },
      { kind: "accepted", identity: { subject: "ada" }, scopes: roles },
    ]) {
      const { options, failures } = setUp();
      assert.deepEqual(
        runHandler(() => verdict as Verdict, options),
        unavailable,
      );
      assert.deepEqual(
        failures.map(({ kind }) => kind),
        ["invalid-verdict"],
        JSON.stringify(roles),
      );
    }
  }
});

test("instants are whole milliseconds, and one that no message could carry is unknown", () => {
  const { options } = setUp();
  const at = (authenticatedAt: number, expiresAt: number) => {
    const verdict = runHandler(() => ({ ...ada, authenticatedAt, expiresAt }), options) as typeof ada & Verdict;
    return "authenticatedAt" in verdict && [verdict.authenticatedAt, verdict.expiresAt];
  };
  assert.deepEqual(at(1_700_000_000_123.456, 1_700_000_000_999.9), [1_700_000_000_123, 1_700_000_000_999]);
  assert.deepEqual(at(253_402_300_800_000, 1e300), ["unknown", 1e300]);
  assert.deepEqual(at(-1, 0), ["unknown", 0]);
});

test("an identity that contains itself is no verdict, and does not hang", () => {
  const { options } = setUp();
  const round: { subject: string; actor?: unknown } = { subject: "ada" };
  round.actor = round;
  for (const verdict of [
    { kind: "accepted", identity: round },
    { ...ada, actor: round },
  ]) {
    assert.deepEqual(
      runHandler(() => verdict as Verdict, options),
      unavailable,
    );
  }
});

test("a verdict given at once needs no timer and no promise", () => {
  const { options, seen } = setUp();
  assert.deepEqual(
    runHandler(() => ada, options),
    acceptedAda,
  );
  assert.equal(seen.timers, 0);
});

test("a promised verdict arrives; its timer kept the process alive for it, and is cancelled", async () => {
  const { options, seen } = setUp();
  assert.deepEqual(await runHandler(async () => ada, options), acceptedAda);
  assert.deepEqual(seen, { timers: 1, cancelled: 1, ms: 5_000, held: true });
});

test("a handler may ask for more time than others have, and not for less", async () => {
  const { options, seen } = setUp();
  await runHandler(async () => ada, { ...options, ownTimeoutMs: 300_000 });
  assert.equal(seen.ms, 300_000);
  await runHandler(async () => ada, { ...options, ownTimeoutMs: 1 });
  assert.equal(seen.ms, 5_000);
});

test("the handler sees peer, target, round and state, and an unaborted signal", async () => {
  const { options } = setUp();
  const contexts: HandlerContext[] = [];
  await runHandler(
    (context) => {
      contexts.push(context);
      return ada;
    },
    { ...options, round: 3, state: "mine" },
  );
  const [context] = contexts;
  assert.equal(context?.peer, options.peer);
  assert.equal(context?.target, options.target);
  assert.equal(context?.round, 3);
  assert.equal(context?.state, "mine");
  assert.equal(context?.signal.aborted, false);
  assert.equal(context?.signal, context?.signal);
});

test("a handler that never settles is unavailable at the deadline, and its signal is aborted", async () => {
  const { options, deadline, failures } = setUp();
  const signals: AbortSignal[] = [];
  const verdict = runHandler((context) => {
    signals.push(context.signal);
    return new Promise<Verdict>(() => {});
  }, options);
  deadline();
  assert.deepEqual(await verdict, unavailable);
  assert.equal(signals[0]?.aborted, true);
  assert.deepEqual(failures, [{ kind: "timed-out" }]);
});

test("when the caller has left, the wait is over, the handler hears of it, and that is no fault", async () => {
  for (const when of ["before", "meanwhile"] as const) {
    const { options, seen, failures } = setUp();
    const caller = new AbortController();
    const signals: AbortSignal[] = [];
    if (when === "before") caller.abort();
    const never = ({ signal }: HandlerContext) => {
      signals.push(signal);
      return new Promise<Verdict>(() => {});
    };
    const verdict = runHandler(never, { ...options, signal: caller.signal });
    caller.abort();
    assert.deepEqual(await verdict, unavailable);
    assert.deepEqual([signals[0]?.aborted, seen.cancelled, failures], [true, 1, []]);
  }
});

test("a signal first read after the deadline is aborted already", async () => {
  const { options, deadline } = setUp();
  const contexts: HandlerContext[] = [];
  const verdict = runHandler((context) => {
    contexts.push(context);
    return new Promise<Verdict>(() => {});
  }, options);
  deadline();
  await verdict;
  assert.equal(contexts[0]?.signal.aborted, true);
});

test("a handler that settles after its deadline logs nobody in", async () => {
  for (const late of [(settle: Settle) => settle.resolve(ada), (settle: Settle) => settle.reject(new Error("late"))]) {
    const { options, deadline, failures } = setUp();
    const settle: Settle[] = [];
    const verdict = runHandler(
      () => new Promise<Verdict>((resolve, reject) => void settle.push({ resolve, reject })),
      options,
    );
    deadline();
    for (const each of settle) late(each);
    assert.deepEqual(await verdict, unavailable);
    await new Promise(setImmediate);
    assert.deepEqual(failures, [{ kind: "timed-out" }]);
  }
});
interface Settle {
  resolve(verdict: Verdict): void;
  reject(error: Error): void;
}

test("of a handler that settles twice only the first answer counts", async () => {
  const { options } = setUp();
  const twice = {
    // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point.
    then: (resolve: (verdict: Verdict) => void) => [{ kind: "rejected" } as const, ada].forEach(resolve),
  };
  assert.deepEqual(await runHandler(() => twice as never, options), { kind: "rejected" });
});

test("a handler that throws or rejects is unavailable, and nothing stays unhandled", async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", listen);
  const error = new Error("database down");
  for (const call of [
    () => {
      throw error;
    },
    () => Promise.reject(error),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point.
      get then() {
        throw error;
      },
    }),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point.
      then() {
        throw error;
      },
    }),
  ]) {
    const { options, failures } = setUp();
    assert.deepEqual(await runHandler(call as never, options), unavailable);
    assert.deepEqual(failures, [{ kind: "threw", error }]);
  }
  await new Promise(setImmediate);
  process.off("unhandledRejection", listen);
  assert.deepEqual(unhandled, []);
});

const garbage: readonly [why: string, verdict: unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["true", true],
  ["a string", "accepted"],
  ["an identity alone", { subject: "ada" }],
  ["an unknown kind", { kind: "allowed", identity: { subject: "ada" } }],
  ["accepted without an identity", { kind: "accepted" }],
  ["accepted with null", { kind: "accepted", identity: null }],
  ["accepted without a subject", { kind: "accepted", identity: { name: "ada" } }],
  ["accepted with an empty subject", { kind: "accepted", identity: { subject: "" } }],
  ["accepted with a line break in the subject", { kind: "accepted", identity: { subject: "ada\r\nX: y" } }],
  ["accepted with a number as subject", { kind: "accepted", identity: { subject: 7 } }],
  ["accepted with an actor without a subject", { kind: "accepted", identity: { subject: "ada" }, actor: {} }],
  ["accepted with null as actor", { kind: "accepted", identity: { subject: "ada" }, actor: null }],
  ["accepted until NaN", { kind: "accepted", identity: { subject: "ada" }, expiresAt: Number.NaN }],
  ["accepted until a string", { kind: "accepted", identity: { subject: "ada" }, expiresAt: "tomorrow" }],
  ["accepted with an error as well", { kind: "accepted", identity: { subject: "ada" }, error: new Error("half-way") }],
  ["challenged without bytes", { kind: "challenged", payload: "text", state: 1 }],
  [
    "a verdict that throws when read",
    {
      get kind() {
        throw new Error("no");
      },
    },
  ],
];
for (const [why, verdict] of garbage) {
  test(`a handler that returns ${why} is unavailable, at once or promised`, async () => {
    const { options, failures } = setUp();
    assert.deepEqual(
      runHandler(() => verdict as Verdict, options),
      unavailable,
    );
    assert.deepEqual(await runHandler(async () => verdict as Verdict, options), unavailable);
    assert.deepEqual(
      failures.map(({ kind }) => kind),
      ["invalid-verdict", "invalid-verdict"],
    );
  });
}

test("a verdict of another shape is told by its kind, and never by its value", () => {
  const found = (verdict: unknown): unknown => {
    const { options, failures } = setUp();
    void runHandler(() => verdict as Verdict, options);
    const [failure] = failures;
    return failure?.kind === "invalid-verdict" ? failure.found : failure;
  };
  assert.equal(found("hunter2"), "a string");
  assert.equal(found(undefined), "undefined");
  assert.equal(found({ password: "hunter2" }), "an object that is no verdict");
  const subject = "an accepted verdict whose identity.subject must be a string of 1 to 256 characters";
  assert.equal(found({ kind: "accepted", identity: true }), subject);
  assert.equal(found({ kind: "accepted", identity: { subject: 7 } }), subject);
});

test("a verdict carries what its kind has, and nothing else that the handler put there", () => {
  const { options } = setUp();
  const run = (verdict: unknown) => runHandler(() => verdict as Verdict, options);
  assert.deepEqual(run({ kind: "rejected", identity: { subject: "ada" } }), { kind: "rejected" });
  assert.deepEqual(run({ kind: "declined", payload: 1 }), { kind: "declined" });
  assert.deepEqual(run({ ...ada, session: "mine", expiresAt: 5, actor: { subject: "root" } }), {
    ...acceptedAda,
    actor: { subject: "root" },
    expiresAt: 5,
  });
  const payload = new Uint8Array([1]);
  assert.deepEqual(run({ kind: "challenged", payload, state: 7, identity: { subject: "ada" } }), {
    kind: "challenged",
    payload,
    state: 7,
  });
});

test("an onFailure that throws changes nothing", () => {
  const { options } = setUp();
  const onFailure = () => {
    throw new Error("log is full");
  };
  assert.deepEqual(
    runHandler(() => undefined as never, { ...options, onFailure }),
    unavailable,
  );
});
