import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import type { Awaitable } from "../base/awaitable.js";
import { type OptionKinds, requireOptions } from "../base/options.js";
import { type Platform, systemPlatform } from "../base/platform.js";
import { createOneTimeProofs } from "../engine/one-time-proofs.js";
import type { Handler, HandlerContext, OneTimeProofs, Verdict } from "../handlers/handler.js";
import { createHandlerTable } from "../handlers/handler-table.js";
import { runHandler } from "../handlers/run-handler.js";
import { openKeys, randomKeys } from "../keys/key-ring.js";
import { type Identity, requireIdentityJson } from "../model/identity.js";
import type { Peer } from "../model/request.js";
import { memory } from "../stores/memory/memory.js";
import { type HandlerEdits, testRecheck } from "./handler-recheck.js";
import { mutate, noise } from "./mutate.js";
import { createRandom } from "./random.js";

/** The handler under test, and the verdicts that it should give. */
export interface HandlerSuiteOptions extends HandlerEdits {
  /** Makes the handler, as an application would. Called once per test. */
  create(): Awaitable<Handler>;
  /** Payloads of `Authorization` that the handler accepts, with their subjects. At least one. */
  readonly good: readonly { readonly payload: string; readonly subject: string }[];
  /** Payloads that the handler must not accept, above all near misses. */
  readonly bad: readonly string[];
  /**
   * Texts that must not appear outside the payload: passwords, keys, hashes. Good payloads count as secrets too.
   * Default: none.
   */
  readonly secrets?: readonly string[];
  /**
   * Whether a mutated payload may still be accepted as `subject`, such as another spelling of a name. Default: never.
   */
  readonly mayAccept?: (payload: string, subject: string) => boolean;
  /**
   * Makes the same handler with a backend that never answers, and a payload that makes it ask; `"answers at once"` for
   * a handler without a backend.
   */
  readonly stalled: { create(): Awaitable<Handler>; readonly payload: string } | "answers at once";
  /**
   * The peer that sends the payloads, for a handler that decides by the connection. Default: an address without a
   * certificate.
   */
  readonly peer?: Peer;
  /** The number of mutated payloads, and of arbitrary ones. Default: 200; use fewer for handlers that hash slowly. */
  readonly rounds?: number;
  /** The seed, to repeat a failed run. Default: a new one, which the test prints. */
  readonly seed?: number;
}

const describeHandlerKinds: OptionKinds<HandlerSuiteOptions> = {
  create: "function!",
  good: "list!",
  bad: "list!",
  secrets: "strings",
  mayAccept: "function",
  stalled: "object|string!",
  peer: "object",
  rounds: "number",
  seed: "number",
  gone: "function",
  changed: "function",
};

/**
 * Declares the tests that every handler must pass, for `node:test`. Call it in a test file of your handler.
 *
 * It covers `fromHeader`. See `docs/writing-a-handler.md`.
 */
export function describeHandler(name: string, options: HandlerSuiteOptions): void {
  requireOptions("describeHandler", options, describeHandlerKinds);
  const { good, bad, rounds = 200, mayAccept = () => false } = options;
  const contextOf = () => contextFrom(options.peer ?? { address: "192.0.2.1", trusted: false });
  const present = async (handler: Handler, payload: string): Promise<Verdict> => {
    assert.ok(handler.fromHeader, "the suite needs fromHeader");
    return handler.fromHeader(payload, contextOf());
  };
  const secrets = [...(options.secrets ?? []), ...good.map(({ payload }) => payload)].filter((text) => text.length > 3);

  describe(`handler ${name}`, () => {
    test("fits the table of handlers, under its scheme in lower case", async () => {
      const handler = await options.create();
      assert.equal(createHandlerTable([handler]).get(handler.scheme.toLowerCase()), handler);
    });

    test("its challenge is one well-formed field for any realm", async () => {
      const table = createHandlerTable([await options.create()]);
      for (const realm of ["example", 'with "quotes" and \\', "a, b=c", ""]) {
        for (const challenge of table.challenges(realm, { script: false })) assertNoSecret(challenge, secrets);
      }
    });

    test("good credentials are accepted, each time, as the right subject", async () => {
      const handler = await options.create();
      assert.ok(good.length > 0, "the suite needs a good payload");
      for (const { payload, subject } of [...good, ...good]) {
        assert.equal(acceptedSubject(await present(handler, payload)), subject);
      }
    });

    test("its identities survive JSON and hold no secret", async () => {
      const handler = await options.create();
      for (const { payload } of good) {
        const verdict = await present(handler, payload);
        assert.equal(verdict.kind, "accepted");
        assertNoSecret(requireIdentityJson((verdict as { identity: Identity }).identity), secrets);
      }
    });

    test("bad credentials are rejected or declined, never an error", async () => {
      const handler = await options.create();
      for (const payload of bad) {
        const { kind } = await present(handler, payload);
        assert.ok(kind === "rejected" || kind === "declined", `${kind} for ${JSON.stringify(payload)}`);
      }
    });

    test("mutated credentials are never accepted", async (context) => {
      const random = createRandom(options.seed);
      context.diagnostic(`seed ${random.seed}`);
      const handler = await options.create();
      for (let round = 0; round < rounds; round++) {
        const { payload, subject } = random.pick(good);
        const mutated = mutate(random, payload);
        if (good.some((one) => one.payload === mutated) || mayAccept(mutated, subject)) continue;
        const verdict = await present(handler, mutated);
        assert.notEqual(verdict.kind, "accepted", `accepted ${JSON.stringify(mutated)}`);
      }
    });

    test("arbitrary text makes it neither throw nor give up", async (context) => {
      const random = createRandom(options.seed);
      context.diagnostic(`seed ${random.seed}`);
      const handler = await options.create();
      for (let round = 0; round < rounds; round++) {
        const payload = noise(random);
        const { kind } = await present(handler, payload);
        const known = kind === "rejected" || kind === "declined" || good.some((one) => one.payload === payload);
        assert.ok(known, `${kind} for ${JSON.stringify(payload)}`);
      }
    });

    test("verdicts of concurrent calls do not cross", async () => {
      const handler = await options.create();
      const payloads = Array.from({ length: 4 }, () => [...good.map(({ payload }) => payload), ...bad]).flat();
      const verdicts = await Promise.all(payloads.map((payload) => present(handler, payload)));
      for (const [index, payload] of payloads.entries()) {
        const subject = good.find((one) => one.payload === payload)?.subject;
        assert.equal(acceptedSubject(verdicts[index]), subject);
      }
    });

    test("a refusal shows no secret, and neither does the handler itself", async () => {
      const handler = await options.create();
      assertNoSecret(inspect(handler, { depth: 9, showHidden: true }), secrets);
      assertNoSecret(JSON.stringify(handler), secrets);
      for (const payload of bad) {
        const verdict = await present(handler, payload);
        assertNoSecret(inspect(verdict, { depth: 9 }), [...secrets, ...(payload.length > 3 ? [payload] : [])]);
      }
    });

    test("a call whose deadline has passed already still settles", async () => {
      const handler = await options.create();
      const signal = AbortSignal.abort();
      for (const payload of [...good.map((one) => one.payload), ...bad]) {
        await Promise.allSettled([(async () => handler.fromHeader?.(payload, { ...contextOf(), signal }))()]);
      }
    });

    testRecheck({
      ...{ gone: options.gone, changed: options.changed, contextOf },
      create: () => options.create(),
      payloads: good.map(({ payload }) => payload),
      assertNoSecret: (text) => assertNoSecret(text, secrets),
    });

    const { stalled } = options;
    if (stalled === "answers at once") {
      test("answers at once, without a promise", async () => {
        const handler = await options.create();
        for (const payload of [...good.map((one) => one.payload), ...bad]) {
          assert.ok(!(handler.fromHeader?.(payload, contextOf()) instanceof Promise));
        }
      });
      return;
    }
    test("a backend that never answers is unavailable at the deadline", async () => {
      const handler = await stalled.create();
      const deadlines: (() => void)[] = [];
      const platform: Platform = {
        ...systemPlatform,
        delay(_ms, done) {
          deadlines.push(done);
          return () => {};
        },
      };
      const call = (context: HandlerContext) => handler.fromHeader?.(stalled.payload, context) as Awaitable<Verdict>;
      const verdict = runHandler(call, {
        ...contextOf(),
        source: undefined,
        proofs: createProofsOfSuite,
        platform,
        timeoutMs: 1,
      });
      assert.ok(verdict instanceof Promise, "it answered although its backend did not");
      for (const passed of deadlines) passed();
      assert.deepEqual(await verdict, { kind: "unavailable" });
    });
  });
}

function contextFrom(peer: Peer): HandlerContext {
  return {
    signal: new AbortController().signal,
    peer,
    target: { method: "GET", path: "/" },
    proofs: createProofsOfSuite(),
    round: 1,
  };
}

function createProofsOfSuite(): OneTimeProofs {
  const keys = openKeys(randomKeys(), systemPlatform);
  return createOneTimeProofs({ realm: "suite", store: memory(), ask: (question) => question(), keys })("suite");
}

function acceptedSubject(verdict: Verdict | undefined): string | undefined {
  return verdict?.kind === "accepted" ? verdict.identity.subject : undefined;
}

function assertNoSecret(text: string, secrets: readonly string[]): void {
  assert.ok(!secrets.some((secret) => text.includes(secret)), "a secret is shown");
}
