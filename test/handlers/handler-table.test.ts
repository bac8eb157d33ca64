import assert from "node:assert/strict";
import { test } from "node:test";
import { type Handler, rejected } from "../../src/handlers/handler.js";
import { createHandlerTable, type IdentityOf } from "../../src/handlers/handler-table.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Identity } from "../../src/model/identity.js";

const handler = (scheme: string, more: Partial<Handler> = {}): Handler => ({
  scheme,
  opens: "nothing",
  fromHeader: () => rejected,
  ...more,
});

test("finds a handler by its scheme in lower case, exactly", () => {
  const psk = handler("PsK");
  const table = createHandlerTable([handler("Basic"), psk]);
  assert.equal(table.get("psk"), psk);
  assert.deepEqual(table.schemes, ["basic", "psk"]);
  for (const scheme of ["PSK", "ps", "pskx", "", " psk"]) assert.equal(table.get(scheme), undefined, scheme);
});

test("schemes that every object has find nothing", () => {
  const table = createHandlerTable([handler("Basic")]);
  for (const scheme of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
    assert.equal(table.get(scheme), undefined, scheme);
  }
});

test("a handler may answer for a scheme called constructor", () => {
  const odd = handler("constructor");
  assert.equal(createHandlerTable([odd]).get("constructor"), odd);
});

const broken: readonly [why: string, handlers: readonly unknown[], message: RegExp][] = [
  ["no handler at all", [], /handlers is empty.*Add one/],
  [
    "no method",
    [handler("Basic", { fromHeader: undefined as never })],
    /Basic has no method that decides.*fromHeader, fromHandshake/,
  ],
  ["a scheme that is no token", [handler("my scheme")], /"my scheme" is not a token/],
  ["an empty scheme", [handler("")], /"" is not a token/],
  ["a scheme with a line break", [handler("a\nb")], /is not a token/],
  ["no scheme", [{ opens: "nothing", fromHeader: () => rejected }], /an object with a scheme/],
  ["null", [null], /an object with a scheme/],
  ["two equal schemes", [handler("PSK"), handler("PSK")], /Two handlers.*chain\("PSK"/],
  ["two schemes that differ by case", [handler("Basic"), handler("basic")], /Two handlers.*case does not count/],
  ["a deadline that is none", [handler("PSK", { timeoutMs: Number.NaN })], /timeoutMs .* PSK must be more than 0/],
  ["a deadline in the past", [handler("PSK", { timeoutMs: 0 })], /must be more than 0/],
  [
    "a deadline beyond what an end of a subject is remembered",
    [handler("PSK", { timeoutMs: 600_001 })],
    /at most 600000/,
  ],
  ["an unknown `opens`", [handler("PSK", { opens: "door" as never })], /"session" or "nothing"/],
];
for (const [why, handlers, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => createHandlerTable(handlers as Handler[]), { code: "invalid_options", message });
  });
}

test("challenges come in the order given, by default with the realm", () => {
  const table = createHandlerTable([
    handler("PSK"),
    handler("Basic"),
    handler("Silent", { challenge: () => undefined }),
    handler("Own", { challenge: (realm) => `Own realm="${realm}", x=1` }),
  ]);
  assert.deepEqual(table.challenges("r", { script: false }), [
    'PSK realm="r"',
    'Basic realm="r", charset="UTF-8"',
    'Own realm="r", x=1',
  ]);
});

test("a script is offered no scheme that opens a browser dialog", () => {
  const table = createHandlerTable(["Basic", "Digest", "NTLM", "Negotiate", "PSK"].map((scheme) => handler(scheme)));
  assert.deepEqual(table.challenges("r", { script: true }), ['PSK realm="r"']);
});

test("a handler for Bearer says nothing beside the session manager's own challenge", () => {
  assert.deepEqual(createHandlerTable([handler("bEARER")]).challenges("r", { script: false }), []);
});

test("a malformed challenge or realm is found", () => {
  const table = createHandlerTable([handler("Own", { challenge: () => "Own\r\nSet-Cookie: a=b" })]);
  assert.throws(() => table.challenges("r", { script: false }), { code: "invalid_options" });
  assert.throws(() => createHandlerTable([handler("PSK")]).challenges("r\n", { script: false }), {
    code: "invalid_options",
  });
});

// Compile-time: what `createAuth<H extends Handler<Identity>>({ handlers: readonly H[] })` must infer.
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Person = Identity & { readonly name: string };
type Machine = Identity & { readonly serial: number };
declare function createAuth<H extends Handler<Identity>>(options: { handlers: readonly H[] }): IdentityOf<H>;
const people = basic({ verify: (): Person | null => null });
const machines = basic({ verify: async (): Promise<Machine | undefined> => undefined });
const inferred = () => ({
  both: createAuth({ handlers: [people, machines] }),
  one: createAuth({ handlers: [basic({ verify: () => ({ subject: "ada", age: 36 }) })] }),
  nobody: createAuth({
    handlers: [basic({ verify: async (user) => user === "ada" && { subject: user, admin: true } })],
  }),
});
type Inferred = ReturnType<typeof inferred>;

test("two handlers with two identity types give a union, one handler its exact type", () => {
  const both: Equal<Inferred["both"], Person | Machine> = true;
  const one: Equal<Inferred["one"], { subject: string; age: number }> = true;
  const nobody: Equal<Inferred["nobody"], { subject: string; admin: boolean }> = true;
  assert.ok(both && one && nobody);
});
