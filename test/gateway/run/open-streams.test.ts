import assert from "node:assert/strict";
import { test } from "node:test";
import type { Auth } from "../../../src/engine/auth.js";
import { createRouteTable } from "../../../src/gateway/route/routes.js";
import { createOpenStreams, type OpenStream, type StreamJudge } from "../../../src/gateway/run/open-streams.js";
import type { StepUp } from "../../../src/model/decision.js";
import type { Caller } from "../../../src/model/session.js";
import { createWorld } from "../../world.js";
import { route } from "../fixtures.js";

const settle = () => new Promise(setImmediate);

const caller = { identity: { subject: "ada", roles: ["user"] }, scheme: "basic" } as Caller;
const asked = { host: "x", path: "/app", method: "GET", at: 1_800_000_000_000 };
const stream: OpenStream = { caller, asked };

/** An engine and its routes, whose answers the test gives. */
function scripted({
  roles = ["user"],
  stepUp,
  answer = "takes over",
  turns = 1,
}: {
  roles?: string[];
  stepUp?: StepUp;
  answer?: string;
  turns?: number;
} = {}) {
  const watched = new Set<() => void>();
  const hold = (_caller: Caller, end: () => void) => {
    watched.add(end);
    return () => void watched.delete(end);
  };
  const state = { answer };
  const front = {
    hold,
    async takeOver(held: Caller, end: () => void) {
      for (let turn = 0; turn < turns; turn += 1) await settle();
      if (state.answer === "fails") throw new Error("the store is down");
      if (state.answer === "takes over") return { caller: held, forget: hold(held, end) };
      end();
      return undefined;
    },
  } as unknown as Auth["front"];
  const judge: StreamJudge = {
    auth: { front },
    routes: createRouteTable([route({ path: "/app" }, { roles, stepUp })]),
  };
  return { judge, watched, state };
}

function world() {
  const { platform, advance } = createWorld();
  const streams = createOpenStreams(platform);
  const ended: string[] = [];
  const first = scripted();
  streams.judgeBy(first.judge);
  const open = (name: string, one = stream, by = first.judge) => streams.hold(by, one, () => ended.push(name));
  return { streams, ended, first, open, advance };
}

test("a reload that takes an address away ends its streams, and those of addresses that are not known", async () => {
  const { streams, ended, first, open } = world();
  for (const client of ["10.0.0.7", "10.0.0.8", undefined])
    open(String(client), { caller, asked: { ...asked, client } });
  const takesAddress = (address: string) => address === "10.0.0.7";
  streams.judgeBy({ ...first.judge, routes: createRouteTable([route({ path: "/app" }, { takesAddress })]) });
  await settle();
  assert.deepEqual(ended, ["10.0.0.8", "undefined"]);
});

test("a stream is watched by one state at a time: that of the last reload", async () => {
  const { streams, ended, first, open } = world();
  const over = open("one");
  open("two");
  assert.equal(first.watched.size, 2);
  const [second, third, fourth] = [scripted(), scripted({ turns: 3 }), scripted()];
  streams.judgeBy(second.judge);
  assert.equal(first.watched.size, 2, "until the new state has answered");
  await settle();
  await settle();
  assert.deepEqual([first.watched.size, second.watched.size], [0, 2]);
  streams.judgeBy(third.judge);
  streams.judgeBy(fourth.judge);
  for (let turn = 0; turn < 5; turn += 1) await settle();
  assert.deepEqual([second.watched.size, third.watched.size, fourth.watched.size], [0, 0, 2]);
  over();
  assert.equal(fourth.watched.size, 1);
  for (const end of fourth.watched) end();
  assert.deepEqual(ended, ["two"]);
  assert.equal(fourth.watched.size, 0);
});

test("a stream ends once where the new state lets its caller in no more, or has no route for it", async () => {
  for (const next of [scripted({ answer: "refuses" }), scripted({ roles: ["admin"] })]) {
    const { streams, ended, first, open } = world();
    open("one");
    streams.judgeBy(next.judge);
    await settle();
    await settle();
    assert.deepEqual(ended, ["one"]);
    assert.deepEqual([first.watched.size, next.watched.size], [0, 0]);
  }
});

test("how fresh a log-in is counts as of when its stream began, and how strong it is always", async () => {
  const proved = (ageMs: number, acr?: string) => ({
    asked,
    caller: { ...caller, authenticatedAt: asked.at - ageMs, acr } as Caller,
  });
  const { streams, ended, open, advance } = world();
  open("fresh", proved(60_000, "mfa"));
  open("old", proved(60_001, "mfa"));
  open("weak", proved(0));
  open("of unknown age", stream);
  advance(600_000);
  streams.judgeBy(scripted({ stepUp: { maxAgeMs: 60_000 } }).judge);
  await settle();
  await settle();
  assert.deepEqual(ended, ["old", "of unknown age"]);
  streams.judgeBy(scripted({ stepUp: { acrValues: ["mfa"] } }).judge);
  await settle();
  await settle();
  assert.deepEqual(ended, ["old", "of unknown age", "weak"]);
});

test("a stream whose request began before a reload is judged when it opens", async () => {
  const { streams, ended, first, open } = world();
  const next = scripted({ roles: ["admin"] });
  streams.judgeBy(next.judge);
  open("app");
  open("of the gateway itself", { caller });
  open("anonymous", { caller: undefined, asked });
  await settle();
  await settle();
  assert.deepEqual(ended.sort(), ["anonymous", "app"]);
  assert.deepEqual([first.watched.size, next.watched.size], [0, 1]);
});

test("while the store is down the state before watches, and the new one is asked every second", async () => {
  const { streams, ended, first, open, advance } = world();
  open("one");
  open("two");
  const next = scripted({ answer: "fails" });
  streams.judgeBy(next.judge);
  await settle();
  await settle();
  assert.deepEqual([ended, first.watched.size], [[], 2]);
  const [end] = first.watched;
  end?.();
  end?.();
  assert.deepEqual(ended, ["one"]);
  next.state.answer = "refuses";
  advance(1_000);
  await settle();
  await settle();
  assert.deepEqual(ended, ["one", "two"]);
});

test("a stream that is over while it is asked about is watched by none", async () => {
  const { streams, ended, first, open } = world();
  const over = open("one");
  const next = scripted();
  streams.judgeBy(next.judge);
  over();
  await settle();
  await settle();
  assert.deepEqual([ended, first.watched.size, next.watched.size], [[], 0, 0]);
});
