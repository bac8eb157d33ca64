import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandlerContext } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("refuses what is no user and password, without asking verify", () => {
  const handler = basic({ verify: () => assert.fail("asked") });
  for (const payload of ["", base64("ada"), base64(":pw"), base64("ada:p\0w"), "ada:pw"]) {
    assert.deepEqual(handler.fromHeader?.(payload, {} as HandlerContext), { kind: "rejected" });
  }
});

test("verify may answer at once, by a promise or by any thenable; null, undefined and false are nobody", async () => {
  const ada = { subject: "ada", admin: true };
  const payload = base64("ada:pw");
  const answers: readonly [answer: unknown, kind: string][] = [
    [ada, "accepted"],
    [null, "rejected"],
    [undefined, "rejected"],
    [false, "rejected"],
  ];
  for (const [answer, kind] of answers) {
    // biome-ignore lint/suspicious/noThenProperty: query builders return such thenables.
    const thenable = { then: (resolve: (value: unknown) => void) => resolve(answer) };
    for (const form of [answer, Promise.resolve(answer), thenable]) {
      const verdict = await basic({ verify: () => form as typeof ada }).fromHeader?.(payload, {} as HandlerContext);
      assert.equal(verdict?.kind, kind);
    }
  }
});

test("verify is told user and password, and the identity passes through", () => {
  const handler = basic({ verify: (user, password) => ({ subject: user, length: password.length }) });
  assert.deepEqual(handler.fromHeader?.(base64("ada:p:q"), {} as HandlerContext), {
    kind: "accepted",
    identity: { subject: "ada", length: 3 },
  });
});

test("opens a session, may be remembered, and asks for UTF-8", () => {
  const { scheme, opens, remember, challenge } = basic({ verify: () => null });
  assert.deepEqual({ scheme, opens, remember }, { scheme: "Basic", opens: "session", remember: true });
  assert.equal(challenge?.("r"), 'Basic realm="r", charset="UTF-8"');
});

test("basic without verify is refused", () => {
  assert.throws(() => basic({} as never), { code: "invalid_options", message: /verify: \(user, password\)/ });
});

test("the epoch of what verifies is the handler's, with its own this", () => {
  const users = {
    version: 7,
    verify: () => null,
    epoch() {
      return this.version;
    },
  };
  assert.equal(basic(users).epoch?.(), 7);
  assert.equal(basic({ verify: () => null }).epoch, undefined);
});

const users = { roles: ["user"] as string[] | undefined, epoch: 1 };
const edit = (roles: string[] | undefined) => () => {
  users.roles = roles;
  users.epoch += 1;
};
describeHandler("basic", {
  create() {
    users.roles = ["user"];
    return basic({
      verify: async (user, password) => (password === `${user} knows` ? { subject: user, roles: ["user"] } : null),
      recheck: async ({ subject }) => users.roles && { subject, roles: users.roles },
      epoch: () => users.epoch,
    });
  },
  gone: edit(undefined),
  changed: edit([]),
  good: [
    { payload: base64("ada:ada knows"), subject: "ada" },
    { payload: base64("grace€:grace€ knows"), subject: "grace€" },
  ],
  bad: [
    "",
    base64("ada:grace€ knows"),
    base64("ada:"),
    base64("ada"),
    base64(":ada knows"),
    "ada:ada knows",
    `${base64("ada:ada knows")}=`,
  ],
  secrets: ["ada knows", "grace€ knows"],
  stalled: { create: () => basic({ verify: () => new Promise<null>(() => {}) }), payload: base64("ada:x") },
});
