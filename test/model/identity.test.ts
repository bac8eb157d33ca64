import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import type { Identity } from "../../src/model/identity.js";
import { fromIdentityJson, requireIdentityJson } from "../../src/model/identity.js";

const refusalOf = (identity: unknown): string => {
  try {
    requireIdentityJson(identity as Identity);
  } catch (error) {
    assert.ok(error instanceof AuthError && error.code === "invalid_identity", String(error));
    return error.message;
  }
  return "accepted";
};

const notJson = (path: string): string =>
  `${path} does not survive JSON, so a session cannot keep it; return plain objects, arrays, strings, finite numbers, booleans or null`;
const badLength = "identity.subject must be a string of 1 to 256 characters";
const badText = "identity.subject must hold no control character or lone surrogate";

const refused: readonly (readonly [identity: unknown, message: string])[] = [
  [undefined, badLength],
  [null, badLength],
  ["ada", badLength],
  [{}, badLength],
  [{ subject: "" }, badLength],
  [{ subject: 7 }, badLength],
  [{ subject: "a".repeat(257) }, badLength],
  [{ subject: "a\r\nSet-Cookie: x" }, badText],
  [{ subject: "a\0" }, badText],
  [{ subject: "a\u0085b" }, badText],
  [{ subject: "a\ud800" }, badText],
  [{ subject: "a", born: new Date(0) }, notJson("identity.born")],
  [{ subject: "a", tags: new Set() }, notJson("identity.tags")],
  [{ subject: "a", map: new Map() }, notJson("identity.map")],
  [{ subject: "a", n: Number.NaN }, notJson("identity.n")],
  [{ subject: "a", n: [1, Number.POSITIVE_INFINITY] }, notJson("identity.n[1]")],
  [{ subject: "a", n: 1n }, notJson("identity.n")],
  [{ subject: "a", f: () => 1 }, notJson("identity.f")],
  [{ subject: "a", s: Symbol("s") }, notJson("identity.s")],
  [{ subject: "a", list: [undefined] }, notJson("identity.list[0]")],
  [{ subject: "a", deep: [{ x: { y: /x/ } }] }, notJson("identity.deep[0].x.y")],
  [{ subject: "a", text: "\udfff" }, notJson("identity.text")],
  [{ subject: "a", toJSON: () => ({ subject: "root" }) }, notJson("identity")],
  [
    { subject: "a", claims: "x".repeat(1_000_000) },
    "identity is longer than 65536 characters as JSON; keep the bulk elsewhere",
  ],
];

test("an identity that a session could not keep is refused; the message names the property and never its value", () => {
  for (const [identity, message] of refused) assert.equal(refusalOf(identity), message);
});

test("an identity of classes is refused, one without a prototype is not", () => {
  class User {
    subject = "ada";
  }
  assert.equal(refusalOf(new User()), notJson("identity"));
  assert.equal(refusalOf(Object.assign(Object.create(null), { subject: "ada" })), "accepted");
});

test("what is accepted comes back equal, as our own frozen copy", () => {
  const identity = {
    subject: "ada lovelace <ada@example.org> 🗝",
    roles: ["user"],
    nested: { list: [1, null, true, { deep: "x" }], empty: {} },
    left: undefined,
  };
  const copy = fromIdentityJson<typeof identity>(requireIdentityJson(identity));
  assert.deepEqual(JSON.parse(JSON.stringify(copy)), JSON.parse(JSON.stringify(identity)));
  assert.ok(
    [copy, copy.roles, copy.nested, copy.nested.list, copy.nested.list[3], copy.nested.empty].every(Object.isFrozen),
  );
  assert.ok(!Object.isFrozen(identity.nested));
});

test("an identity that contains itself, or is nested without end, is refused and ends nothing", () => {
  const circle: Record<string, unknown> = { subject: "a" };
  circle.self = circle;
  let deep: unknown = 1;
  for (let depth = 0; depth < 200_000; depth += 1) deep = [deep];
  for (const identity of [circle, { subject: "a", deep }]) {
    assert.throws(() => requireIdentityJson(identity as unknown as Identity));
  }
});
