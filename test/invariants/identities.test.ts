import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createAuth } from "../../src/engine/auth.js";
import { anonymous } from "../../src/handlers/anonymous.js";
import { apiKey } from "../../src/handlers/api-key/api-key.js";
import { createApiKey } from "../../src/handlers/api-key/record.js";
import { chain } from "../../src/handlers/chain.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Identity } from "../../src/model/identity.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";
import {
  basicOf,
  bearer,
  createCluster,
  logIn,
  type Node,
  peer,
  present,
  requireAllowed,
  requireOffer,
  type User,
} from "./nodes.js";

/** Everything that can be reached from an object of the engine and is not frozen; functions are. */
function thawed(value: unknown, path: string, seen = new Set<unknown>()): string[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const inside = Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([name, { value: item }]) =>
    thawed(item, `${path}.${name}`, seen),
  );
  return Object.isFrozen(value) ? inside : [path, ...inside];
}

const rich = (): Identity & { team: { tags: string[] } } => ({
  subject: "ada",
  roles: ["user"],
  team: { tags: ["engine"] },
});

function engine(handler: Partial<Handler<ReturnType<typeof rich>>> = {}) {
  const { platform, advance } = createWorld();
  const actor = { subject: "root", roles: ["admin"] };
  const identity = rich();
  const auth = createAuth({
    platform,
    store: memory({ platform }),
    handlers: [
      {
        scheme: "Key",
        opens: "session" as const,
        remember: true,
        fromHeader: () => ({ kind: "accepted" as const, identity, actor }),
        ...handler,
      },
    ],
  });
  const ask = async (authorization: string, options = {}) => {
    const decision = await auth.authenticate(
      { method: "GET", path: "/", rawHeaders: ["authorization", authorization], peer: { ...peer } },
      options,
    );
    assert.ok(decision.kind === "allowed", JSON.stringify(decision));
    return decision;
  };
  return { auth, ask, actor, identity, advance };
}

test("10. Identities never cross requests: what a route is given is frozen, and shared with nobody who can change it", async () => {
  const { ask } = engine();
  const first = await ask("Key right");
  const again = await ask("Key right", { rotate: false });
  assert.deepEqual(thawed(first.caller, "caller"), []);
  assert.deepEqual(thawed(again, "allowed"), [], "the answer from memory is shared");
  const token = first.offer?.token;
  const cold = await ask(`Bearer ${token}`);
  const warm = await ask(`Bearer ${token}`);
  assert.deepEqual(thawed(cold.caller, "caller"), []);
  assert.deepEqual(thawed(warm, "allowed"), [], "the answer from memory is shared");
  assert.throws(() => (warm.caller.identity.roles as string[]).push("admin"), TypeError);
  assert.throws(() => Object.assign(warm, { offer: first.offer }), TypeError);
});

const shared = rich();

const issued = createApiKey({ name: "ada" });

const kinds: readonly [string, () => Handler<Identity>, string][] = [
  ["anonymous", () => anonymous({ identity: rich() }), "Anonymous"],
  ["anonymous that opens a session", () => anonymous({ identity: rich(), opens: "session" }), "Anonymous"],
  [
    "one that answers with one object",
    () => {
      const verdict = { kind: "accepted", identity: rich(), actor: { subject: "root", roles: ["admin"] } } as const;
      return { scheme: "Own", opens: "nothing", fromHeader: () => verdict };
    },
    "Own x",
  ],
  [
    "one that answers by a promise",
    () => {
      const identity = rich();
      return { scheme: "Own", opens: "nothing", fromHeader: async () => ({ kind: "accepted", identity }) };
    },
    "Own x",
  ],
  [
    "one with a date, a map and an object without a prototype",
    () => {
      const born = new Date(0);
      const identity = {
        ...rich(),
        born,
        map: new Map([["a", 1]]),
        bare: Object.assign(Object.create(null), { a: [] }),
      };
      return { scheme: "Own", opens: "nothing", fromHeader: () => ({ kind: "accepted", identity }) };
    },
    "Own x",
  ],
  [
    "a chain",
    () => {
      const identity = rich();
      return chain("Own", [{ scheme: "Own", opens: "nothing", fromHeader: () => ({ kind: "accepted", identity }) }]);
    },
    "Own x",
  ],
  [
    "apiKey",
    () => {
      const identity = rich();
      return apiKey({ keys: { find: () => issued.record }, toIdentity: () => identity });
    },
    `ApiKey ${issued.key}`,
  ],
  ["basic", () => basic({ verify: () => shared }), `Basic ${Buffer.from("ada:x").toString("base64")}`],
];

for (const [what, make, value] of kinds) {
  test(`10. What a route does to its caller does not reach the next one: ${what}`, async () => {
    const { platform } = createWorld();
    const auth = createAuth({ handlers: [make()], store: memory({ platform }), platform });
    const ask = async () => {
      const rawHeaders = ["authorization", value];
      const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer: { ...peer } });
      assert.ok(decision.kind === "allowed", JSON.stringify(decision));
      return decision.caller;
    };
    const before = inspect(await ask(), { depth: 9 }).replaceAll(/ref: .*/g, "");
    const caller = await ask();
    for (const one of [caller.identity, caller.actor]) spoil(one, new Set());
    assert.equal(inspect(await ask(), { depth: 9 }).replaceAll(/ref: .*/g, ""), before);
    await auth.close();
  });
}

/** Changes all that it can reach and change. */
function spoil(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  for (const item of Object.values(value)) spoil(item, seen);
  if (value instanceof Date) value.setTime(1);
  if (value instanceof Map) value.set("spoilt", true);
  Reflect.set(value, Array.isArray(value) ? value.length : "spoilt", "admin");
}

test("10. A handler that changes its object later changes nobody who is logged in", async () => {
  const { ask, identity, actor } = engine();
  const first = await ask("Key right");
  const token = first.offer?.token;
  identity.team.tags.push("admin");
  Object.assign(identity, { subject: "root" });
  Object.assign(actor, { subject: "nobody" });
  actor.roles.push("root");
  for (const decision of [first, await ask("Key right"), await ask(`Bearer ${token}`)]) {
    assert.deepEqual(decision.caller.identity, rich());
    assert.deepEqual(decision.caller.actor, { subject: "root", roles: ["admin"] });
  }
});

test("10. Where nothing is remembered, each call still gets a caller of its own", async () => {
  const { ask } = engine({ opens: "nothing" });
  const first = await ask("Key right");
  assert.ok(Object.isFrozen(first.caller));
  assert.notEqual((await ask("Key right")).caller, first.caller);
});

test("10. A hundred callers at once each see themselves, by password and by token, on a cold and a warm node", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  const { nodes } = createCluster({
    count: 2,
    handlers: [
      {
        scheme: "Basic",
        opens: "session",
        remember: true,
        // Answers in another order than it was asked.
        async fromHeader(payload) {
          const [subject = ""] = Buffer.from(payload, "base64").toString().split(":");
          for (let turns = Number(subject.slice(5)) % 7; turns > 0; turns -= 1) await new Promise(setImmediate);
          return { kind: "accepted", identity: { subject, name: subject } satisfies User };
        },
      },
    ],
  });
  const [warm, cold] = nodes as [Node, Node];
  const byPassword = await Promise.all(
    names.map((name) => present(warm, basicOf(name, "same"), { peer: { address: "", trusted: false } })),
  );
  assert.deepEqual(
    byPassword.map((decision) => requireAllowed(decision).caller.identity.subject),
    names,
  );
  const tokens = byPassword.map(requireOffer);
  for (const node of [warm, cold, warm]) {
    const decisions = await Promise.all(tokens.map((token) => bearer(node, token)));
    assert.deepEqual(
      decisions.map((decision) => requireAllowed(decision).caller.identity.subject),
      names,
    );
  }
});

test("10. An identity with the key __proto__ comes back as it was and changes no prototype", async () => {
  const hostile = JSON.parse('{"subject":"ada","__proto__":{"roles":["admin"]},"constructor":{"prototype":{"x":1}}}');
  const { ask } = engine({ fromHeader: () => ({ kind: "accepted", identity: hostile }) });
  const first = await ask("Key right");
  for (const { caller } of [first, await ask(`Bearer ${first.offer?.token}`)]) {
    assert.equal(Object.getPrototypeOf(caller.identity), Object.prototype);
    assert.equal(caller.identity.roles, undefined);
    assert.deepEqual(Object.keys(caller.identity), ["subject", "__proto__", "constructor"]);
  }
  assert.equal(({} as { roles?: unknown }).roles, undefined);
});

test("10. Two sessions of one subject keep their own state and end alone", async () => {
  const { node } = createCluster();
  const [one, two] = [await logIn(node), await logIn(node)];
  const [first, second] = [
    requireAllowed(await bearer(node, one.token)),
    requireAllowed(await bearer(node, two.token)),
  ];
  await first.caller.session?.updateState(() => "first");
  assert.equal(await second.caller.session?.state(), undefined);
  await first.caller.session?.end();
  assert.equal(second.caller.session?.ended, false);
  requireAllowed(await bearer(node, two.token));
});
