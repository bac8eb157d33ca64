import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { createWorld, type World } from "../world.js";

const context = { peer: { address: "192.0.2.7", trusted: false }, target: { method: "POST", path: "/" } };

/** An engine of one realm, in which a password is the name. */
function start(realm: string, store: Store, { platform }: World) {
  const handlers = [basic({ verify: (user, password) => (user === password ? { subject: user } : null) })];
  const auth = createAuth({ realm, handlers, store, platform, maxSessionsPerSubject: 2 });
  const header = (authorization: string) =>
    auth.authenticate({
      method: "GET",
      path: "/",
      rawHeaders: ["authorization", authorization],
      peer: { ...context.peer },
    });
  return {
    ...auth,
    async opened(user: string) {
      const outcome = await auth.logIn({ scheme: "basic", payload: btoa(`${user}:${user}`) }, context);
      return outcome.kind === "opened" ? outcome : assert.fail(outcome.kind);
    },
    use: async (token: string) => (await header(`Bearer ${token}`)).kind,
    refs: async (subject?: string) =>
      (await auth.sessions.list(subject === undefined ? {} : { subject })).map(({ ref }) => ref),
  };
}

const stores = {
  memory: ({ platform }: World) => memory({ platform }),
  sqlite: ({ platform }: World) => sqlite(":memory:", { platform }),
};

for (const [name, createStore] of Object.entries(stores)) {
  test(`two realms on one store (${name}): lists, ends and caps of a subject are each realm's own`, async (t) => {
    const world = createWorld();
    const store = createStore(world);
    let loads = 0;
    const counted: Store = {
      ...store,
      loadSession(ref) {
        loads += 1;
        return store.loadSession(ref);
      },
    };
    const here = start("here", counted, world);
    const there = start("there", { ...store, close() {} }, world);
    t.after(async () => {
      await there.close();
      await here.close();
    });
    const mine = await here.opened("ada");
    const { ref } = mine.session;
    assert.equal(await here.use(mine.token), "allowed");
    let ended = 0;
    mine.session.onEnd(() => ended++);

    assert.deepEqual([await here.refs(), await here.refs("ada")], [[ref], [ref]]);
    assert.deepEqual([await there.refs(), await there.refs("ada")], [[], []]);
    assert.equal(await there.sessions.end(ref), false);
    await here.use(mine.token);
    loads = 0;
    await there.sessions.endSubject("ada");
    assert.equal(await here.use(mine.token), "allowed");
    assert.equal(loads, 0, "what is remembered of the namesake here stays");
    world.advance(1); // a log-in in the same millisecond may have been under way
    for (let count = 0; count < 4; count++) await there.opened("ada");
    assert.equal((await there.refs("ada")).length, 2);
    assert.equal(await there.use(mine.token), "denied");
    assert.equal(await here.use(mine.token), "allowed");
    assert.equal(ended, 0);
    assert.equal(mine.session.ended, false);

    assert.equal(await here.sessions.end(ref), true);
    assert.equal(ended, 1);
    await here.sessions.endSubject("ada");
    assert.equal((await there.refs("ada")).length, 2);
  });
}
