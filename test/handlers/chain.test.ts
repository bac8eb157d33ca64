import assert from "node:assert/strict";
import { test } from "node:test";
import { chain } from "../../src/handlers/chain.js";
import type { OneTimeProofs } from "../../src/handlers/handler.js";
import { declined, type Handler, type HandlerContext, type Verdict } from "../../src/handlers/handler.js";
import type { IdentityOf } from "../../src/handlers/handler-table.js";
import type { Identity } from "../../src/model/identity.js";
import { describeHandler } from "../../src/testing/handler-suite.js";

const accepted = (subject: string): Verdict => ({ kind: "accepted", identity: { subject } });
const context = (round = 1, state?: unknown): HandlerContext => ({
  signal: new AbortController().signal,
  peer: { address: "", trusted: false },
  target: { method: "GET", path: "/" },
  proofs: {} as OneTimeProofs,
  round,
  state,
});

function link(
  name: string,
  answer: () => Verdict | Promise<Verdict>,
  asked: string[],
  more: Partial<Handler> = {},
): Handler {
  return {
    scheme: "Key",
    opens: "nothing",
    fromHeader() {
      asked.push(name);
      return answer();
    },
    ...more,
  };
}

test("declined goes on, in the order given; the first other verdict ends it", async () => {
  for (const kind of ["rejected", "unavailable", "accepted"] as const) {
    const answer = kind === "accepted" ? accepted("ada") : ({ kind } as Verdict);
    for (const form of [() => answer, async () => answer]) {
      const asked: string[] = [];
      const handler = chain("Key", [
        link("first", () => declined, asked),
        link("second", async () => declined, asked),
        link("third", form, asked),
        link("fourth", () => accepted("mallory"), asked),
      ]);
      assert.deepEqual(await handler.fromHeader?.("x", context()), answer);
      assert.deepEqual(asked, ["first", "second", "third"]);
    }
  }
});

test("when all decline, so does the chain; answered at once if all do", () => {
  assert.deepEqual(
    chain("Key", [link("a", () => declined, []), link("b", () => declined, [])]).fromHeader?.("x", context()),
    declined,
  );
});

test("a handler that throws ends the chain: the next one is not asked", async () => {
  for (const fail of [
    () => {
      throw new Error("down");
    },
    () => Promise.reject(new Error("down")),
  ]) {
    const asked: string[] = [];
    const handler = chain("Key", [link("first", fail, asked), link("second", () => accepted("ada"), asked)]);
    await assert.rejects(async () => handler.fromHeader?.("x", context()), /down/);
    assert.deepEqual(asked, ["first"]);
  }
});

test("a handler that returns nothing ends the chain: nothing is not `declined`", () => {
  const asked: string[] = [];
  const handler = chain("Key", [
    link("first", () => undefined as never, asked),
    link("second", () => accepted("ada"), asked),
  ]);
  assert.equal(handler.fromHeader?.("x", context()), undefined);
  assert.deepEqual(asked, ["first"]);
});

test("after `challenged` the next message goes to the same handler, with its own state and round", async () => {
  const seen: unknown[] = [];
  const rounds: Handler = {
    scheme: "Key",
    opens: "nothing",
    fromHandshake(payload, { round, state }) {
      seen.push([round, state, payload[0]]);
      return round === 1 ? { kind: "challenged", payload: new Uint8Array([9]), state: "mine" } : accepted("ada");
    },
  };
  const before: Handler = {
    scheme: "Key",
    opens: "nothing",
    fromHandshake(_payload, { round, state }) {
      seen.push(["before", round, state]);
      return declined;
    },
  };
  const handler = chain("Key", [before, rounds]);
  const first = await handler.fromHandshake?.(new Uint8Array([1]), context());
  assert.equal(first?.kind, "challenged");
  const { state } = first as { state: unknown };
  assert.deepEqual(await handler.fromHandshake?.(new Uint8Array([2]), context(2, state)), accepted("ada"));
  assert.deepEqual(seen, [
    ["before", 1, undefined],
    [1, undefined, 1],
    [2, "mine", 2],
  ]);
});

test("a link without a method for this carrier declines", () => {
  const asked: string[] = [];
  const handshakeOnly: Handler = { scheme: "Key", opens: "nothing", fromHandshake: () => accepted("mallory") };
  const handler = chain("Key", [handshakeOnly, link("second", () => accepted("ada"), asked)]);
  assert.deepEqual(handler.fromHeader?.("x", context()), accepted("ada"));
  assert.equal(chain("Key", [link("a", () => declined, [])]).fromHandshake, undefined);
});

test("it is remembered only if every link is, and its epoch is another one with any", () => {
  const remembered = (epoch: number) => link("a", () => declined, [], { remember: true, epoch: () => epoch });
  assert.equal(chain("Key", [remembered(1), remembered(2)]).remember, true);
  assert.equal(chain("Key", [remembered(1), link("b", () => declined, [])]).remember, false);
  const epochs = [1, 2];
  const both = epochs.map((_, at) => link("a", () => declined, [], { epoch: () => epochs[at] ?? 0 }));
  const joint = chain("Key", both);
  const first = joint.epoch?.();
  assert.equal(joint.epoch?.(), first);
  epochs[1] = 1;
  epochs[0] = 2;
  assert.notEqual(joint.epoch?.(), first, "a sum would be the same");
});

test("its deadline is the longest that a link asks for, if one does", () => {
  const links = [undefined, 20_000, 300_000].map((timeoutMs) => link("a", () => declined, [], { timeoutMs }));
  assert.equal(chain("Key", links).timeoutMs, 300_000);
  assert.equal(chain("Key", links.slice(0, 1)).timeoutMs, undefined);
});

test("a chain that could not work is refused", () => {
  const handler = link("a", () => declined, []);
  assert.throws(() => chain("Key", []), { code: "invalid_options", message: /at least one/ });
  assert.throws(() => chain("Other", [handler]), {
    code: "invalid_options",
    message: /answer for Other; one answers for Key/,
  });
  assert.throws(() => chain("Key", [handler, { ...handler, opens: "session" }]), {
    code: "invalid_options",
    message: /all have the same opens/,
  });
});

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Person = Identity & { readonly name: string };
type Machine = Identity & { readonly serial: number };

test("its identity type is the union of its handlers'", () => {
  const make = (people: Handler<Person>, machines: Handler<Machine>) => chain("Key", [people, machines]);
  const union: Equal<IdentityOf<ReturnType<typeof make>>, Person | Machine> = true;
  assert.ok(union);
});

const account = { roles: undefined as readonly string[] | undefined, isGone: false, epoch: 1 };
const edit = (now: Partial<typeof account>) => () => Object.assign(account, now, { epoch: account.epoch + 1 });
describeHandler("chain", {
  gone: edit({ isGone: true }),
  changed: edit({ roles: ["other"] }),
  create: () => {
    Object.assign(account, { roles: undefined, isGone: false });
    const knows = (key: string, subject: string): Handler => ({
      scheme: "Key",
      opens: "nothing",
      fromHeader: (payload) => (payload === key ? accepted(subject) : declined),
      recheck: () => !account.isGone && { subject, ...(account.roles && { roles: account.roles }) },
      epoch: () => account.epoch,
    });
    return chain("Key", [knows("key of ada", "ada"), knows("key of bob", "bob")]);
  },
  good: [
    { payload: "key of ada", subject: "ada" },
    { payload: "key of bob", subject: "bob" },
  ],
  bad: ["", "key of", "key of eve"],
  stalled: {
    create: () => chain("Key", [link("a", () => declined, []), link("b", () => new Promise<Verdict>(() => {}), [])]),
    payload: "x",
  },
});
