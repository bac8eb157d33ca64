import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { type Handler, rejected, type Verdict } from "../../src/handlers/handler.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const { platform } = createWorld();

/** A handler that is remembered and knows one payload; it counts how often it is asked. */
function knows(scheme: string, payload: string, epoch?: number) {
  const asked: string[] = [];
  const handler: Handler = {
    scheme,
    opens: "session",
    remember: true,
    ...(epoch !== undefined && { epoch: () => epoch }),
    fromHeader(presented) {
      asked.push(presented);
      return presented === payload ? { kind: "accepted", identity: { subject: scheme } } : rejected;
    },
  };
  return { handler, asked };
}

test("what is remembered under one scheme is not good under another, however scheme and payload are cut", async () => {
  const handlers = [knows("A", "1x"), knows("A1", "y"), knows("B", "z"), knows("C", "x", 1), knows("C1", "w")];
  const auth = createAuth({ platform, store: memory({ platform }), handlers: handlers.map(({ handler }) => handler) });
  const ask = async (authorization: string) => {
    const rawHeaders = ["Authorization", authorization];
    const peer = { address: "192.0.2.1", trusted: false };
    return (await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer })).kind;
  };
  for (const good of ["A 1x", "A1 y", "B z", "C x", "C1 w"]) {
    assert.equal(await ask(good), "allowed", good);
    assert.equal(await ask(good), "allowed", good);
  }
  for (const { asked } of handlers) assert.equal(asked.length, 1, "the second time it was remembered");
  for (const bad of ["A1 x", "B 1x", "B y", "A z", "A x", "C 1 x", "C1 x", "C w"]) {
    assert.equal(await ask(bad), "denied", bad);
  }
});

test("when a handler's epoch has grown, what was right before is asked for again", async () => {
  let [epoch, right] = [1, true];
  const handler: Handler = {
    ...{ scheme: "A", opens: "session", remember: true, epoch: () => epoch },
    fromHeader: () => (right ? { kind: "accepted", identity: { subject: "ada" } } : rejected),
  };
  const auth = createAuth({ platform, store: memory({ platform }), handlers: [handler] });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = async () =>
    (await auth.authenticate({ method: "GET", path: "/", rawHeaders: ["Authorization", "A x"], peer })).kind;
  assert.equal(await ask(), "allowed");
  right = false;
  assert.equal(await ask(), "allowed", "remembered");
  epoch += 1;
  assert.equal(await ask(), "denied");
});

test("a message in text and the same one in bytes are two proofs, also at once", async () => {
  const later = async (verdict: Verdict) => verdict;
  const handler: Handler = {
    ...{ scheme: "A", opens: "session", remember: true },
    fromHeader: () => later({ kind: "accepted", identity: { subject: "ada" } }),
    fromHandshake: () => later(rejected),
  };
  const auth = createAuth({ platform, store: memory({ platform }), handlers: [handler] });
  const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/" } };
  const payloads = ["x", new TextEncoder().encode("x")];
  const outcomes = await Promise.all(payloads.map((payload) => auth.logIn({ scheme: "A", payload }, context)));
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ["opened", "denied"],
  );
});
