import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import { createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import type { Identity } from "../../src/model/identity.js";
import { memory } from "../../src/stores/memory/memory.js";
import { absoluteMs, createEngine, rotateAfterMs } from "../services/server.js";
import { createWorld } from "../world.js";

const context = { peer: { address: "192.0.2.1", trusted: false }, target: { method: "POST", path: "/log-in" } };
const proof = { scheme: "Basic", payload: btoa("ada:pass:word") };

const present = (token: string) => ({
  method: "GET",
  path: "/",
  rawHeaders: ["authorization", `Bearer ${token}`],
  peer: context.peer,
});

test("a front may give the sessions that it opens rules of their own", async () => {
  const { auth, advance } = createEngine();
  const rules = { ...auth.front.rules, policy: "overlapping", lifetimeMs: absoluteMs } as const;
  const opened = await auth.logIn(proof, { ...context, rules });
  assert.ok(opened.kind === "opened");
  assert.deepEqual(opened.session.rules, rules);
  for (let round = 0; round < 4; round++) {
    advance(rotateAfterMs);
    const decision = await auth.authenticate(present(opened.token));
    assert.equal(decision.kind, "allowed", "the first token is good as long as the session");
  }
  const plain = await auth.logIn(proof, context);
  assert.deepEqual(plain.kind === "opened" && plain.session.rules, auth.front.rules);
  await auth.close();
});

test("rules that the rotation rule cannot keep are refused before anything is checked", async () => {
  const { auth, verified } = createEngine();
  const rules = { ...auth.front.rules, stragglerMs: auth.front.rules.rotateAfterMs };
  await assert.rejects(auth.logIn(proof, { ...context, rules }), (error) => {
    assert.ok(error instanceof AuthError);
    assert.equal(error.code, "invalid_options");
    assert.match(error.message, /stragglerMs/);
    return true;
  });
  assert.equal(verified.count, 0);
  await auth.close();
});

test("a handler of headers gets no longer text by a message than by a header, as text or as bytes", async () => {
  const lengths: number[] = [];
  const handler: Handler<Identity> = {
    ...{ scheme: "Key", opens: "nothing" },
    fromHeader: (payload) => {
      lengths.push(payload.length);
      return { kind: "accepted", identity: { subject: "ada" } };
    },
  };
  const { platform } = createWorld();
  const auth = createAuth({ handlers: [handler], store: memory({ platform }), platform, maxAuthorizationLength: 256 });
  for (const make of [(text: string) => text, (text: string) => Buffer.from(text)]) {
    for (const [length, expected] of [
      [256, "opened"],
      [257, "denied"],
      [4_000_000, "denied"],
    ] as const) {
      const payload = make("a".repeat(length));
      const peer = { address: "192.0.2.1", trusted: false };
      const { kind } = await auth.logIn({ scheme: "Key", payload }, { peer, target: { method: "POST", path: "/" } });
      assert.equal(kind, expected, String(length));
    }
  }
  assert.deepEqual(lengths, [256, 256]);
  await auth.close();
});
