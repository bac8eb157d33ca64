import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import { absoluteMs, createEngine, rotateAfterMs } from "../services/server.js";

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
