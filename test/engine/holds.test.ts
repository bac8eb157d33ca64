import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import { createInternals } from "../../src/engine/front.js";
import type { Handler } from "../../src/handlers/handler.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import type { Identity } from "../../src/model/identity.js";
import type { Caller } from "../../src/model/session.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const peer = { address: "192.0.2.1", trusted: false };

interface State {
  roles: readonly string[];
  there: boolean;
  fails: boolean;
  epoch: number;
}

/** A handler for each way: with a session, by the credentials themselves, and one that cannot be asked. */
function world(t: TestContext) {
  const { platform, advance } = createWorld();
  const state: State = { roles: ["user", "admin"], there: true, fails: false, epoch: 1 };
  const life = { ms: 0 };
  const handler = (scheme: string, opens: "session" | "nothing", more: Partial<Handler<Identity>> = {}) => ({
    scheme,
    opens,
    fromHeader: () => ({
      kind: "accepted" as const,
      identity: { subject: "ada", roles: state.roles },
      via: `by ${scheme}`,
      ...(life.ms > 0 && { expiresAt: platform.now() + life.ms }),
    }),
    ...more,
  });
  const recheck: NonNullable<Handler["recheck"]> = ({ subject }, { via }) => {
    assert.match(via ?? "", /^by /);
    if (state.fails) throw new Error("the directory is down");
    return state.there ? { subject, roles: state.roles } : undefined;
  };
  const asked = { recheck, epoch: () => state.epoch };
  const auth = createAuth({
    handlers: [handler("Basic", "session", asked), handler("ApiKey", "nothing", asked), handler("Jwt", "nothing")],
    store: memory({ platform }),
    platform,
    idleMs: 7_200_000,
    onEvent: () => {},
  });
  t.after(() => auth.close());
  const edit = (change: Partial<State>) => {
    Object.assign(state, change);
    state.epoch += 1;
  };
  edit.quietly = (change: Partial<State>) => void Object.assign(state, change);
  const enter = async (authorization: string): Promise<{ caller: Caller; token: string | undefined }> => {
    const request = { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer: { ...peer } };
    const decision = await auth.authenticate(request);
    if (decision.kind !== "allowed") assert.fail(decision.kind);
    return { caller: decision.caller, token: decision.offer?.token };
  };
  /** What a stream of each kind of caller holds on to. */
  async function streams() {
    const first = await enter("Basic x");
    const second = await enter(`Bearer ${first.token}`);
    const ended: string[] = [];
    const forget = new Map<string, () => void>();
    for (const [name, caller] of [
      ["password", first.caller],
      ["token", second.caller],
      ["key", (await enter("ApiKey x")).caller],
      ["jwt", (await enter("Jwt x")).caller],
    ] as const) {
      forget.set(
        name,
        auth.front.hold(caller, () => ended.push(name)),
      );
    }
    return { ended, forget, session: second.caller.session };
  }
  return { auth, advance, edit, streams, life };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

test("an account that is gone ends every stream that it can be asked about, within a second of the edit", async (t) => {
  const { advance, edit, streams } = world(t);
  const { ended } = await streams();
  advance(1_000);
  await settle();
  assert.deepEqual(ended, []);
  edit({ there: false });
  advance(1_000);
  await settle();
  assert.deepEqual(ended.sort(), ["key", "password", "token"]);
});

test("a handler that cannot tell is asked again five seconds later", async (t) => {
  const { advance, edit, streams } = world(t);
  const { ended } = await streams();
  edit({ there: false, fails: true });
  advance(1_000);
  await settle();
  assert.deepEqual(ended, []);
  edit.quietly({ fails: false });
  for (let second = 0; second < 7; second += 1) {
    advance(1_000);
    await settle();
  }
  assert.deepEqual(ended.sort(), ["key", "password", "token"]);
});

test("a handler that cannot tell for an hour ends the streams: the calls of their callers get 503 by then", async (t) => {
  const { advance, edit, streams } = world(t);
  const { ended } = await streams();
  edit({ fails: true });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      advance(10_000);
      await settle();
    }
  };
  await pass(1_800_000);
  edit({ fails: false });
  await pass(10_000);
  edit({ fails: true });
  await pass(3_550_000);
  assert.deepEqual(ended, [], "the hour counts from the last answer");
  await pass(60_000);
  assert.deepEqual(ended.sort(), ["key", "password", "token"]);
});

test("a lost role ends the streams, a new one does not", async (t) => {
  const { advance, edit, streams } = world(t);
  const { ended, session } = await streams();
  edit({ roles: ["user", "admin", "more"] });
  advance(1_000);
  await settle();
  assert.deepEqual(ended, []);
  edit({ roles: ["user"] });
  advance(1_000);
  await settle();
  assert.deepEqual(ended.sort(), ["key", "password", "token"]);
  assert.equal(session?.ended, false, "the session goes on, with fewer roles");
});

test("credentials with an end take their streams along, to the millisecond; others stay", async (t) => {
  const { advance, life, streams } = world(t);
  life.ms = 5_000;
  const { ended } = await streams();
  advance(4_999);
  await settle();
  assert.deepEqual(ended, []);
  advance(1);
  await settle();
  assert.deepEqual(ended.sort(), ["jwt", "key", "password", "token"]);
});

test("ending the subject ends the streams of its credentials too, and none of another", async (t) => {
  const { auth, streams } = world(t);
  const { ended } = await streams();
  await auth.sessions.endSubject("bob");
  assert.deepEqual(ended, []);
  await auth.sessions.endSubject("ada");
  await settle();
  assert.deepEqual(ended.sort(), ["jwt", "key", "password", "token"]);
});

test("a stream that is over is forgotten, and ended once at most", async (t) => {
  const { auth, advance, edit, streams } = world(t);
  const { ended, forget } = await streams();
  for (const done of forget.values()) done();
  edit({ there: false });
  advance(1_000);
  await settle();
  await auth.sessions.endSubject("ada");
  assert.deepEqual(ended, []);
});

test("a stream is taken over with the roles of now, or not while the store cannot tell", async (t) => {
  const { platform } = createWorld();
  const store = memory({ platform });
  const state = { fails: false, loses: false, loads: Number.POSITIVE_INFINITY };
  const shared: Store = {
    ...store,
    close: () => {},
    swapSession(...args) {
      if (state.fails) throw new Error("the disk is full");
      return state.loses ? undefined : store.swapSession(...args);
    },
    loadSession(ref) {
      state.loads -= 1;
      if (state.loads < 0) throw new Error("the disk is gone");
      return store.loadSession(ref);
    },
  };
  const internals = createInternals();
  const keys = randomKeys(platform);
  let epoch = 0;
  const start = (roles: readonly string[]) => {
    epoch += 1;
    const own = epoch;
    const handler: Handler<Identity> = {
      ...{ scheme: "Basic", opens: "session", epoch: () => own },
      fromHeader: () => ({ kind: "accepted", identity: { subject: "ada", roles } }),
      recheck: () => ({ subject: "ada", roles }),
    };
    const auth = createAuth({ handlers: [handler], store: shared, keys, platform, onEvent: () => {} }, internals);
    t.after(() => auth.close());
    return auth;
  };
  const before = start(["user"]);
  const present = async (authorization: string) => {
    const request = { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer: { ...peer } };
    const decision = await before.authenticate(request);
    return decision.kind === "allowed" ? decision : assert.fail(decision.kind);
  };
  const { offer } = await present("Basic x");
  const { caller } = await present(`Bearer ${offer?.token}`);
  const takeOver = async (next: Auth) => next.front.takeOver(caller, () => assert.fail("it was ended"));
  const rolesBy = async (next: Auth) => (await takeOver(next))?.caller.identity.roles;
  state.loads = 1;
  await assert.rejects(takeOver(start(["user", "admin"])), { code: "unavailable" });
  Object.assign(state, { loads: Number.POSITIVE_INFINITY, loses: true });
  assert.deepEqual(await rolesBy(start(["user", "admin"])), ["user", "admin"], "another write came first");
  Object.assign(state, { loses: false, fails: true });
  assert.deepEqual(await rolesBy(start(["user", "more"])), ["user", "more"], "the store refuses a write");
});
