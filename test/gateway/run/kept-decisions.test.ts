import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeptDecisions, type Ruling } from "../../../src/gateway/run/kept-decisions.js";
import type { Identity } from "../../../src/model/identity.js";
import type { AuthRequest } from "../../../src/model/request.js";
import { createWorld } from "../../world.js";

const ruling: Ruling<Identity> = { decision: { kind: "anonymous" }, denial: undefined };

/** Decides about requests that differ by their id and the length of a field. */
function create() {
  const world = createWorld();
  const kept = createKeptDecisions<Identity>({ hold: () => () => undefined }, world.platform);
  let made = 0;
  function decide(id: string, { length = 1, method = "GET", address = "192.0.2.1", url = "/", field = "x" } = {}) {
    const rawHeaders = ["X-Request-Id", id, "X-Field", field.repeat(length)];
    const about: AuthRequest = { method, path: "/", rawHeaders, truncated: false, peer: { address, trusted: true } };
    const before = made;
    void kept.decide(about, url, true, () => {
      made += 1;
      return ruling;
    });
    return made > before ? "made" : "kept";
  }
  return { world, decide };
}

test("a request of which anything differs is decided anew, and its answer takes the place of the one before", () => {
  const { decide } = create();
  assert.deepEqual([decide("1"), decide("1")], ["made", "kept"]);
  const others = [{ method: "PUT" }, { address: "192.0.2.2" }, { url: "/?a" }, { field: "y" }, { length: 2 }];
  for (const other of others)
    assert.deepEqual([decide("1", other), decide("1", other), decide("1")], ["made", "kept", "made"]);
});

test("a decision answers three more questions: a client's own id goes by no rate", () => {
  const { decide } = create();
  const all = Array.from({ length: 9 }, () => decide("1"));
  assert.deepEqual(all, ["made", "kept", "kept", "kept", "made", "kept", "kept", "kept", "made"]);
});

test("what is kept is bounded, by number and by its characters, and the oldest is forgotten first", () => {
  for (const [requests, length] of [
    [10_001, 1],
    [1_100, 16_000],
  ] as const) {
    const { decide } = create();
    for (let id = 0; id < requests; id += 1) decide(String(id), { length });
    assert.equal(decide(String(requests - 1), { length }), "kept");
    assert.equal(decide("0", { length }), "made");
  }
});

test("what is forgotten makes room again", () => {
  const { world, decide } = create();
  for (let round = 0; round < 3; round += 1) {
    for (let id = 0; id < 900; id += 1) decide(String(id), { length: 16_000 });
    assert.equal(decide("0", { length: 16_000 }), "kept");
    world.advance(5_000);
    assert.equal(decide("0", { length: 16_000 }), "made", "after five seconds");
    world.advance(5_000);
  }
});

test("a decision that fails late makes no later one of the same id forgotten, and one timer sees to all", async () => {
  const { platform } = createWorld();
  let timers = 0;
  const delay: typeof platform.delay = (ms, done) => {
    timers += 1;
    return platform.delay(ms, done);
  };
  const kept = createKeptDecisions<Identity>({ hold: () => () => undefined }, { ...platform, delay });
  const about = (field: string): AuthRequest => ({
    ...{ method: "GET", path: "/", rawHeaders: ["X-Request-Id", "1", "X-Field", field] },
    peer: { address: "192.0.2.1", trusted: true },
  });
  let fail: (error: Error) => void = () => undefined;
  const failing = new Promise<Ruling<Identity>>((_resolve, reject) => {
    fail = reject;
  });
  const first = kept.decide(about("a"), "/", true, () => failing);
  assert.equal(
    kept.decide(about("b"), "/", true, () => ruling),
    ruling,
  );
  fail(new Error("the store is down"));
  await assert.rejects(Promise.resolve(first), /the store is down/);
  const again = kept.decide(about("b"), "/", true, () => assert.fail("it was forgotten"));
  assert.equal(again, ruling);
  assert.equal(timers, 1);
});

test("the watch of a caller ends when its decision is forgotten: replaced, too old, or with its session", () => {
  const world = createWorld();
  const watches = new Set<() => void>();
  const hold = (_caller: unknown, end: () => void): (() => void) => {
    watches.add(end);
    return () => watches.delete(end);
  };
  const kept = createKeptDecisions<Identity>({ hold }, world.platform);
  const allowed: Ruling<Identity> = {
    decision: { kind: "allowed", caller: { identity: { subject: "ada" }, scheme: "basic" } },
    denial: undefined,
  };
  let made = 0;
  const decide = (id: string, field: string) =>
    kept.decide(
      {
        ...{ method: "GET", path: "/", rawHeaders: ["X-Request-Id", id, "X-Field", field] },
        peer: { address: "192.0.2.1", trusted: true },
      },
      "/",
      true,
      () => {
        made += 1;
        return allowed;
      },
    );
  assert.equal(decide("1", "a"), allowed);
  assert.equal(decide("1", "b"), allowed);
  assert.equal(watches.size, 1, "replaced");
  for (const end of watches) end();
  assert.equal(watches.size, 0, "its session has ended");
  assert.equal(decide("1", "b"), allowed);
  assert.equal(made, 3);
  world.advance(1_000);
  assert.equal(decide("2", "a"), allowed);
  world.advance(10_000);
  assert.equal(watches.size, 0, "too old, and no other question came");
});
