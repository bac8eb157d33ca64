import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymous } from "../../src/handlers/anonymous.js";
import type { HandlerContext, RecheckContext } from "../../src/handlers/handler.js";
import { createHandlerTable } from "../../src/handlers/handler-table.js";
import { describeHandler } from "../../src/testing/handler-suite.js";

const guest = { subject: "guest", roles: [] };
const context = {} as HandlerContext;
const accepted = { kind: "accepted", identity: guest, authenticatedAt: "unknown" };

test("whoever says so is the identity that was configured, by header or handshake", () => {
  const handler = anonymous({ identity: guest });
  assert.deepEqual(handler.fromHeader?.("", context), accepted);
  assert.deepEqual(handler.fromHandshake?.(new Uint8Array(), context), accepted);
});

test("credentials under this scheme are rejected: a slip must not look like success", () => {
  const handler = anonymous({ identity: guest });
  assert.deepEqual(handler.fromHeader?.("YWRhOnB3", context), { kind: "rejected" });
  assert.deepEqual(handler.fromHandshake?.(new Uint8Array([1]), context), { kind: "rejected" });
});

test("it is never advertised", () => {
  assert.deepEqual(createHandlerTable([anonymous({ identity: guest })]).challenges("r", { script: false }), []);
});

test("scheme and what it opens can be chosen; by default nothing is opened", () => {
  assert.equal(anonymous({ identity: guest }).scheme, "Anonymous");
  assert.equal(anonymous({ identity: guest }).opens, "nothing");
  assert.equal(anonymous({ identity: guest, scheme: "Guest" }).scheme, "Guest");
  assert.equal(anonymous({ identity: guest, opens: "session" }).opens, "session");
});

test("asked again, it gives the identity of now, which is gone where it has another subject", () => {
  const before = anonymous({ identity: { subject: "guest", roles: ["reader", "writer"] } });
  const now = anonymous({ identity: { subject: "guest", roles: ["reader"] } });
  const was = { subject: "guest", roles: ["reader", "writer"] };
  assert.deepEqual(before.recheck?.(was, {} as RecheckContext), was);
  assert.deepEqual(now.recheck?.(was, {} as RecheckContext), { subject: "guest", roles: ["reader"] });
  assert.equal(now.recheck?.({ subject: "visitor", roles: [] }, {} as RecheckContext), undefined);
  assert.notEqual(before.epoch?.(), now.epoch?.());
});

test("nobody is anonymous without an identity that says who that is", () => {
  assert.throws(() => anonymous({} as never), { code: "invalid_options", message: /needs an identity/ });
  assert.throws(() => anonymous({ identity: { subject: "" } }), { code: "invalid_identity" });
});

describeHandler("anonymous", {
  create: () => anonymous({ identity: guest }),
  good: [{ payload: "", subject: "guest" }],
  bad: ["x", " ", "YWRhOnB3"],
  stalled: "answers at once",
});
