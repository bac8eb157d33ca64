import assert from "node:assert/strict";
import { test } from "node:test";
import type { Identity } from "../../src/model/identity.js";
import type { EndEvent } from "../../src/model/store.js";
import { createKnownSessions, type KnownSession } from "../../src/sessions/known-sessions.js";
import { createWorld } from "../world.js";

// What a node may remember: a clause of the design each. Who decides *what* is remembered is tested in memory.test.

function start(options: { maxStalenessMs?: number; maxKnownSessions?: number } = {}) {
  const { platform, advance } = createWorld();
  let tell: (event: EndEvent) => void = () => {};
  let aliveAt: () => number = platform.monotonic;
  let stopped = 0;
  const known = createKnownSessions({
    platform,
    maxStalenessMs: 1_000,
    maxKnownSessions: 10,
    ...options,
    watch(onEnd) {
      tell = onEnd;
      return {
        aliveAt: () => aliveAt(),
        stop: () => {
          stopped += 1;
        },
      };
    },
  });
  const checked: string[] = [];
  const ended: string[] = [];
  function add(ref: string, { subject = "ada", actor = null as string | null, waits = false } = {}) {
    const session: KnownSession<Identity> = {
      ref,
      sessionId: undefined,
      subject,
      actor,
      content: "",
      identity: { subject },
      via: undefined,
      epoch: undefined,
      currentEpoch: undefined,
      askAgainAt: 0,
      grant: undefined,
      parents: [],
      allowed: { kind: "allowed", caller: { identity: { subject }, scheme: "bearer" } },
      checkEnded: () => checked.push(ref) > 0,
      token: "",
      acceptUntil: 0,
      freshUntil: 0,
      endedReason: undefined,
      onEnd: new Set(waits ? [(reason: string) => void ended.push(`${ref} ${reason}`)] : []),
      onLoss: new Set(),
    };
    known.add(session);
    return session;
  }
  /** Remembered for long, and read just now. */
  function remember(ref: string, token = `token-${ref}`, how = {}) {
    const session = known.find(ref) ?? add(ref, how);
    known.remember(session, token, platform.monotonic() + 60_000, platform.monotonic() + 1_000);
    return session;
  }
  return {
    known,
    add,
    remember,
    advance,
    checked,
    ended,
    platform,
    tell: (event: EndEvent) => tell(event),
    silence() {
      const since = platform.monotonic();
      aliveAt = () => since;
    },
    stopped: () => stopped,
  };
}

test("only the remembered token is accepted: no other string, no other session, nothing before it is remembered", () => {
  const { known, add, remember } = start();
  add("a");
  assert.equal(known.accept(""), undefined);
  assert.equal(known.accept("token-a"), undefined);
  const session = remember("a");
  assert.equal(known.accept("token-a"), session.allowed);
  for (const other of ["", "token-b", "token-a ", "TOKEN-A"]) assert.equal(known.accept(other), undefined);
});

test("a newer token of a session replaces the older one", () => {
  const { known, remember } = start();
  remember("a", "first");
  const session = remember("a", "second");
  assert.equal(known.accept("first"), undefined);
  assert.equal(known.accept("second"), session.allowed);
});

test("nothing is accepted from the instant on at which the token may be due or a deadline is near", () => {
  const { known, add, advance, platform } = start();
  const now = platform.monotonic();
  known.remember(add("a"), "token", now + 500, now + 60_000);
  advance(499);
  assert.ok(known.accept("token"));
  advance(1);
  assert.equal(known.accept("token"), undefined);
});

test("while the feed is alive an entry is good for as long as it is not due", () => {
  const { known, remember, advance } = start();
  remember("a");
  advance(59_999);
  assert.ok(known.accept("token-a"));
  advance(1);
  assert.equal(known.accept("token-a"), undefined);
});

test("when the feed has been silent for maxStalenessMs, only an entry younger than that is good", () => {
  const { known, remember, advance, silence } = start();
  remember("old");
  silence();
  advance(600);
  remember("young");
  advance(399);
  assert.ok(known.accept("token-old") && known.accept("token-young"));
  advance(1);
  assert.equal(known.accept("token-old"), undefined);
  assert.ok(known.accept("token-young"), "it was read after the feed fell silent, less than maxStalenessMs ago");
  advance(600);
  assert.equal(known.accept("token-young"), undefined);
});

test("with maxStalenessMs 0 every call asks the store, however alive the feed is", () => {
  const { known, add, platform } = start({ maxStalenessMs: 0 });
  const now = platform.monotonic();
  known.remember(add("a"), "token", now + 60_000, now);
  assert.equal(known.accept("token"), undefined);
});

test("an end takes the session out of memory at once, tells everyone who waits, once, and leaves the others", () => {
  const { known, remember, tell, ended } = start();
  const gone = remember("a", "token-a", { waits: true });
  const stays = remember("b", "token-b", { waits: true });
  tell({ kind: "session", ref: "a", reason: "logout" });
  known.end("a", "again");
  tell({ kind: "session", ref: "a", reason: "once more" });
  assert.deepEqual(ended, ["a logout"]);
  assert.equal(gone.endedReason, "logout");
  assert.equal(known.accept("token-a"), undefined);
  assert.equal(known.find("a"), undefined);
  assert.equal(known.accept("token-b"), stays.allowed);
});

test("whoever waits for an end hears of it although another one throws or rejects", async () => {
  const { known, add } = start();
  const session = add("a");
  const heard: string[] = [];
  session.onEnd.add(() => {
    throw new Error("mine");
  });
  session.onEnd.add((async () => {
    throw new Error("mine too");
  }) as () => void);
  session.onEnd.add((reason) => void heard.push(reason));
  known.end("a", "logout");
  await new Promise(setImmediate);
  assert.deepEqual(heard, ["logout"]);
});

test("the end of a subject makes memory forget its sessions and those in which it acts; the store says which are over", () => {
  const { known, remember, tell, checked } = start();
  remember("own");
  remember("acting", "token-acting", { subject: "bob", actor: "ada" });
  remember("other", "token-other", { subject: "bob" });
  tell({ kind: "subject", subject: "ada", realm: "example", reason: "disabled" });
  assert.deepEqual(checked, ["own", "acting"]);
  assert.equal(known.accept("token-own"), undefined);
  assert.equal(known.accept("token-acting"), undefined);
  assert.ok(known.accept("token-other"));
});

test("a gap makes memory forget everything, and looks for those who wait", () => {
  const { known, remember, tell, checked } = start();
  remember("a");
  remember("b", "token-b", { subject: "bob", waits: true });
  tell({ kind: "gap" });
  assert.equal(known.accept("token-a"), undefined);
  assert.equal(known.accept("token-b"), undefined);
  assert.deepEqual(checked, ["b"]);
});

test("every end, and every gap, begins a new epoch: an answer from before may not be remembered", () => {
  const { known, tell } = start();
  const seen = new Set([known.epoch]);
  const events: EndEvent[] = [
    { kind: "session", ref: "unknown here", reason: "x" },
    { kind: "subject", subject: "unknown here", realm: "example", reason: "x" },
    { kind: "gap" },
  ];
  for (const event of events) {
    tell(event);
    seen.add(known.epoch);
  }
  known.end("unknown here", "x");
  seen.add(known.epoch);
  assert.equal(seen.size, 5);
});

test("memory is bounded: the session remembered longest goes first, and its token with it", () => {
  const { known, remember } = start({ maxKnownSessions: 3 });
  for (const ref of ["a", "b", "c", "d", "e"]) remember(ref);
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((ref) => known.accept(`token-${ref}`) !== undefined),
    [false, false, true, true, true],
  );
  assert.deepEqual(
    ["a", "b", "c", "d", "e"].map((ref) => known.find(ref) !== undefined),
    [false, false, true, true, true],
  );
});

test("a session whose end somebody waits for is not evicted, even if there are only such ones", () => {
  const { known, add, remember, ended } = start({ maxKnownSessions: 3 });
  for (let index = 0; index < 50; index += 1) add(`w${index}`, { waits: true });
  remember("last");
  for (let index = 0; index < 50; index += 1) known.end(`w${index}`, "x");
  assert.equal(ended.length, 50);
});

test("close stops the feed, forgets everything and tells nobody", () => {
  const { known, add, remember, ended, stopped } = start();
  remember("a", "token-a", { waits: true });
  known.close();
  assert.equal(stopped(), 1);
  assert.equal(known.accept("token-a"), undefined);
  add("b");
  assert.equal(known.find("b"), undefined);
  assert.deepEqual(ended, []);
});
