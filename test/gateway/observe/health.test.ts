import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import { createReadiness } from "../../../src/gateway/observe/health.js";
import { createWorld } from "../../world.js";

function readiness(answer: () => Promise<undefined> | undefined) {
  const { platform, advance } = createWorld();
  const trials: string[] = [];
  let fault: unknown;
  let asked = 0;
  let stopping = false;
  let obstacle: string | undefined;
  const loadSession = () => {
    asked += 1;
    return answer();
  };
  return {
    ready: createReadiness({
      store: () => ({
        store: {
          loadSession,
          loadRecord: () => ({ version: 0, json: undefined, now: 0 }),
          swapRecord(_kind, _id, _version, json) {
            trials.push(json);
            if (fault instanceof Promise) return fault;
            if (fault !== undefined) throw fault;
            return true;
          },
        },
        writeFault: () => fault,
      }),
      stopping: () => stopping,
      obstacle: () => obstacle,
      platform,
    }),
    trials,
    fail(error: unknown) {
      fault = error;
    },
    advance,
    asked: () => asked,
    stop() {
      stopping = true;
    },
    obstruct(reason: string | undefined) {
      obstacle = reason;
    },
  };
}

test("ready while the store answers", async () => {
  const { ready } = readiness(() => undefined);
  assert.equal(await ready(), undefined);
});

test("not ready while the engine wants no callers, such as with another deployment's key ring, and ready right after", async () => {
  const { ready, obstruct } = readiness(() => undefined);
  obstruct("the key ring lacks key 7");
  assert.equal(await ready(), "the key ring lacks key 7");
  obstruct(undefined);
  assert.equal(await ready(), undefined);
});

test("many probes share one question to the store", async () => {
  const { ready, asked, advance } = readiness(async () => undefined);
  await Promise.all([ready(), ready(), ready()]);
  assert.equal(asked(), 1);
  advance(1_000);
  await ready();
  assert.equal(asked(), 2);
});

test("not ready when the store throws, rejects or is silent", async () => {
  const throwing = readiness(() => {
    throw new Error("disk");
  });
  assert.equal(await throwing.ready(), "the store fails: Error");
  const words = new AuthError("unavailable", "the disk is full");
  assert.equal(await readiness(() => Promise.reject(words)).ready(), "the store fails: the disk is full");
  const silent = readiness(() => new Promise(() => undefined));
  const answer = silent.ready();
  await Promise.resolve();
  silent.advance(1_000);
  assert.equal(await answer, "the store does not answer");
});

test("not ready at once when a stop begins, whatever the store says, also to a probe that waits", async () => {
  let answer: (value: undefined) => void = () => undefined;
  const { ready, stop } = readiness(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const waiting = ready();
  await Promise.resolve();
  stop();
  assert.equal(await ready(), "stopping");
  answer(undefined);
  assert.equal(await waiting, "stopping");
});

test("after a write that failed: not ready, with the reason, until a trial as large as a log-in is written", async () => {
  const { ready, fail, trials, advance } = readiness(() => undefined);
  assert.equal(await ready(), undefined);
  assert.deepEqual(trials, [], "a store that has not failed is not written to");
  fail(new AuthError("unavailable", "the disk is full"));
  advance(1_000);
  assert.equal(await ready(), "the store cannot write: the disk is full");
  assert.ok(trials.join().length > 16_384);
  fail(undefined);
  advance(1_000);
  assert.equal(await ready(), undefined);
});

test("a trial that takes long is not waited for: the fault is known", async () => {
  const { ready, fail, advance } = readiness(() => undefined);
  fail(new Promise(() => undefined));
  const answer = ready();
  advance(1_000);
  assert.match((await answer) ?? "", /^the store cannot write: /);
});
