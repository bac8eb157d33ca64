import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandlerContext } from "../../../src/handlers/handler.js";
import { basic, parseBasicPayload } from "../../../src/handlers/password/basic.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";

const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");

test("the first colon splits, so p:q is a password", () => {
  assert.deepEqual(parseBasicPayload(base64("ada:p:q")), { user: "ada", password: "p:q" });
  assert.deepEqual(parseBasicPayload(base64("ada:")), { user: "ada", password: "" });
  assert.deepEqual(parseBasicPayload(base64("ada::")), { user: "ada", password: ":" });
});

test("takes UTF-8, byte for byte: no normalisation, no dropped BOM", () => {
  assert.deepEqual(parseBasicPayload(base64("ädä:pässwörd€🔑")), { user: "ädä", password: "pässwörd€🔑" });
  assert.deepEqual(parseBasicPayload(base64("\ufeffada:pw")), { user: "\ufeffada", password: "pw" });
});

const refused: readonly [why: string, payload: string][] = [
  ["nothing", ""],
  ["no colon", base64("ada")],
  ["an empty user", base64(":pw")],
  ["a control byte in the user", base64("a\nda:pw")],
  ["a control byte in the password", base64("ada:p\0w")],
  ["DEL in the password", base64("ada:p\x7fw")],
  ["a C1 control in the user", base64("a\u0085da:pw")],
  ["Latin-1 instead of UTF-8", base64(Buffer.from("ädä:pw", "latin1"))],
  ["overlong UTF-8", base64(Buffer.from([0x61, 0xc0, 0xba, 0x3a, 0x62]))],
  ["a surrogate in UTF-8", base64(Buffer.from([0x61, 0xed, 0xa0, 0x80, 0x3a, 0x62]))],
  ["plain text", "ada:pw"],
  ["missing padding", base64("ada:pw1").replace(/=/g, "")],
  ["tail bits set", "YWRhOnB4dx=="],
  ["the URL alphabet", base64(Buffer.from("a:\u{fffff}??>>", "utf8")).replace(/\+/g, "-").replace(/\//g, "_")],
  ["white space inside", "YWRh OnB3"],
];
for (const [why, payload] of refused) {
  test(`refuses ${why}, without asking verify`, () => {
    assert.equal(parseBasicPayload(payload), undefined);
    const handler = basic({ verify: () => assert.fail("asked") });
    assert.deepEqual(handler.fromHeader?.(payload, {} as HandlerContext), { kind: "rejected" });
  });
}

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

describeHandler("basic", {
  create: () =>
    basic({
      verify: async (user, password) => (password === `${user} knows` ? { subject: user, roles: ["user"] } : null),
    }),
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
