import assert from "node:assert/strict";
import { test } from "node:test";
import { createReadiness } from "../../../src/gateway/observe/health.js";
import { createWorld } from "../../world.js";

function readiness(answer: () => Promise<undefined> | undefined) {
  const { platform, advance } = createWorld();
  let asked = 0;
  let stopping = false;
  const loadSession = () => {
    asked += 1;
    return answer();
  };
  return {
    ready: createReadiness({ store: () => ({ loadSession }), stopping: () => stopping, platform }),
    advance,
    asked: () => asked,
    stop() {
      stopping = true;
    },
  };
}

test("ready while the store answers", async () => {
  const { ready } = readiness(() => undefined);
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
  assert.equal(await throwing.ready(), "the store fails");
  assert.equal(await readiness(() => Promise.reject(new Error("disk"))).ready(), "the store fails");
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
