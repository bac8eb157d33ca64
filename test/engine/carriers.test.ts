import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { anonymous } from "../../src/handlers/anonymous.js";
import { basic } from "../../src/handlers/password/basic.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import type { AuthenticateOptions, Decision } from "../../src/model/decision.js";
import { resolveRules } from "../../src/sessions/rules.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const password = `Basic ${base64("ada:lovelace")}`;
const key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
const keyClass = "io.deephaven.authentication.psk.PskAuthenticationHandler";
const rules = resolveRules({ policy: "overlapping", rotateAfterMs: 60_000, overlapMs: 5_000, idleMs: 300_000 });

function start() {
  const world = createWorld();
  const { platform } = world;
  const store = memory({ platform });
  let writes = 0;
  const auth = createAuth({
    platform,
    onEvent: () => {},
    store: {
      ...store,
      openSession(...given) {
        writes += 1;
        return store.openSession(...given);
      },
    },
    handlers: [
      basic({ verify: (user, secret) => (secret === "lovelace" ? { subject: user } : null) }),
      preSharedKey({ keys: { robot: { key } } }),
      anonymous({ identity: { subject: "guest" } }),
    ],
    aliases: { [keyClass]: "PSK" },
    nestedSchemes: true,
    carriers: { authTokenBin: true, cookie: { name: "door", requestHeader: "x-cookie-please" } },
    rotateAfterMs: 60_000,
    overlapMs: 5_000,
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = async (rawHeaders: readonly string[], options?: AuthenticateOptions) =>
    auth.authenticate({ method: "POST", path: "/", rawHeaders, peer }, options);
  const open = async (user = "ada") => {
    const headers = ["authorization", `Basic ${base64(`${user}:lovelace`)}`];
    const token = tokenOf(await ask(headers, { open: rules }));
    subject(await ask(["authorization", `Bearer ${token}`]));
    return token;
  };
  return { world, auth, ask, open, writes: () => writes };
}

function tokenOf(decision: Decision): string {
  assert.equal(decision.kind, "allowed");
  const token = decision.kind === "allowed" ? decision.offer?.token : undefined;
  assert.ok(token !== undefined, "a token is offered");
  return token;
}

const subject = (decision: Decision) => (decision.kind === "allowed" ? decision.caller.identity.subject : decision);
const reason = (decision: Decision) => (decision.kind === "denied" ? decision.reason : decision.kind);

const bearer = (token: string) => ["authorization", `Bearer ${token}`];
const bin = (token: string) => ["auth-token-bin", base64(token)];
const cookie = (token: string) => ["cookie", `door=${token}`];
const carriers = { bearer, bin, cookie };

for (const [name, carry] of Object.entries(carriers)) {
  test(`a token rides in ${name} alone`, async () => {
    const { ask, open } = start();
    const token = await open();
    assert.equal(subject(await ask(carry(token))), "ada");
    assert.equal(reason(await ask(carry("junk"))), "invalid_token");
    assert.equal(reason(await ask(carry(`sps_${"A".repeat(80)}`))), "invalid_token");
  });
}

test("carriers of one session are one, in any combination and order; the highest generation counts", async () => {
  const { ask, open, world, auth } = start();
  const first = await open();
  world.advance(61_000);
  const second = tokenOf(await ask(bearer(first), { open: rules }));
  assert.notEqual(second, first);
  const names = Object.keys(carriers) as (keyof typeof carriers)[];
  for (const one of names) {
    for (const other of names.filter((name) => name !== one)) {
      for (const [a, b] of [
        [first, second],
        [second, first],
        [second, second],
      ] as const) {
        const decision = await ask([...carriers[one](a), ...carriers[other](b)], { open: rules });
        assert.equal(tokenOf(decision), second, `${one} ${other}`);
      }
    }
  }
  assert.equal((await auth.sessions.list({ subject: "ada", limit: 10 })).length, 1);
});

test("a dead cookie or auth-token-bin beside a live bearer counts for nothing", async () => {
  const { ask, open, auth } = start();
  const dead = await open("bob");
  await auth.sessions.endSubject("bob");
  const live = await open();
  for (const carry of [cookie, bin]) {
    for (const token of [dead, "junk", `sps_${"A".repeat(80)}`]) {
      assert.equal(subject(await ask([...carry(token), ...bearer(live)])), "ada");
      assert.equal(subject(await ask([...bearer(live), ...carry(token)])), "ada");
    }
  }
  assert.equal(subject(await ask([...cookie(dead), ...bin(live)])), "ada");
});

test("a dead cookie or auth-token-bin is anonymous where that is welcome, and a dead bearer is not", async () => {
  const { ask, open, auth } = start();
  const dead = await open("bob");
  await auth.sessions.endSubject("bob");
  for (const carry of [cookie, bin]) {
    for (const token of [dead, "junk"]) assert.equal(reason(await ask(carry(token), { anonymous: true })), "anonymous");
    assert.equal(reason(await ask(carry(dead))), "revoked");
  }
  assert.equal(reason(await ask(bearer(dead), { anonymous: true })), "revoked");
  const two = [...bin(await open()), ...cookie(await open("eve"))];
  assert.equal(reason(await ask(two, { anonymous: true })), "invalid_request");
});

test("a dead bearer is refused as it is, whatever a jar adds to it", async () => {
  const { ask, open, auth } = start();
  const dead = await open("bob");
  await auth.sessions.endSubject("bob");
  const live = await open();
  assert.equal(reason(await ask([...bearer(dead), ...cookie(live)])), "revoked");
  assert.equal(reason(await ask([...bearer(dead), ...bin(live)])), "revoked");
  assert.equal(reason(await ask([...bearer(`sps_${"A".repeat(80)}`), ...cookie(live)])), "invalid_token");
});

test("two live sessions are refused, in any two carriers, also of one person", async () => {
  const { ask, open } = start();
  const [ada, bob, again] = [await open(), await open("bob"), await open()];
  for (const other of [bob, again]) {
    for (const headers of [
      [...bearer(ada), ...cookie(other)],
      [...bearer(ada), ...bin(other)],
      [...bin(ada), ...cookie(other)],
      [...cookie(ada), "cookie", `a=b; door=${other}`],
    ]) {
      assert.equal(reason(await ask(headers)), "invalid_request", headers.join(" "));
    }
  }
});

test("a live session beside other credentials is refused; a dead one is not", async () => {
  const { ask, open, auth } = start();
  const live = await open("bob");
  for (const carry of [cookie, bin]) {
    assert.equal(reason(await ask([...carry(live), "authorization", password])), "invalid_request");
    assert.equal(reason(await ask([...carry(live), "authorization", "Bearer junk"])), "invalid_request");
  }
  await auth.sessions.endSubject("bob");
  for (const carry of [cookie, bin]) {
    assert.equal(subject(await ask([...carry(live), "authorization", password])), "ada");
    assert.equal(reason(await ask([...carry(live), "authorization", "Basic junk"])), "invalid_credentials");
  }
});

test("whoever asks for the cookie or has it gets the token there as well, and nobody else", async () => {
  const { ask, open } = start();
  const token = await open();
  const decide = (...headers: string[]) => ask([...bearer(token), ...headers], { open: rules });
  const setCookie = (decision: Decision) => (decision.kind === "allowed" ? decision.offer?.setCookie : decision);
  const expected = `door=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`;
  assert.equal(setCookie(await decide("x-cookie-please", "true")), expected);
  assert.equal(setCookie(await decide(...cookie(token))), expected);
  assert.equal(setCookie(await decide()), undefined);
  assert.ok(
    !JSON.stringify(await decide("x-cookie-please", "true")).includes(token),
    "nothing that is logged holds it",
  );
});

test("with `open`, credentials open a session each time, whatever the scheme opens and whoever shares a connection", async () => {
  const { ask, writes } = start();
  const tokens = new Set<string>();
  for (const authorization of [password, password, "Anonymous", "Anonymous", `PSK ${key}`, "Bearer Anonymous"]) {
    tokens.add(tokenOf(await ask(["authorization", authorization], { open: rules })));
  }
  assert.equal(tokens.size, 6);
  assert.equal(writes(), 6);
  for (const token of tokens) assert.equal(subject(await ask(bearer(token))), subject(await ask(bearer(token))));
});

test("with `open`, the session has the rules given, and its current token is in every answer", async () => {
  const { ask, world } = start();
  const token = tokenOf(await ask(["authorization", password], { open: rules }));
  for (let call = 0; call < 3; call += 1) assert.equal(tokenOf(await ask(bearer(token), { open: rules })), token);
  assert.equal((await ask(bearer(token))).kind === "allowed", true);
  world.advance(61_000);
  const next = tokenOf(await ask(bearer(token), { open: rules }));
  assert.notEqual(next, token);
  world.advance(200_000);
  const third = tokenOf(await ask(bearer(next), { open: rules }));
  assert.notEqual(third, next);
  assert.equal(tokenOf(await ask(bearer(token), { open: rules })), third);
});

test("with `open`, the token before the current one of a session of the other policy is not offered again", async () => {
  const { ask, world } = start();
  const token = tokenOf(await ask(["authorization", password]));
  await ask(bearer(token));
  world.advance(61_000);
  const next = tokenOf(await ask(bearer(token)));
  await ask(bearer(next));
  const late = await ask(bearer(token), { open: rules });
  assert.equal(late.kind === "allowed" && late.offer, undefined);
});

test("an alias counts exactly as it is spelled, and inside Bearer too", async () => {
  const { ask } = start();
  assert.equal(subject(await ask(["authorization", `${keyClass} ${key}`])), "robot");
  assert.equal(subject(await ask(["authorization", `Bearer ${keyClass} ${key}`])), "robot");
  for (const name of [keyClass.toLowerCase(), keyClass.toUpperCase(), `x${keyClass}`, "constructor"]) {
    assert.equal(reason(await ask(["authorization", `${name} ${key}`])), "invalid_credentials", name);
  }
});

test("an alias that could never be reached, or stands for nothing, refuses to start", () => {
  const handlers = [preSharedKey({ keys: { robot: { key } } })];
  const make = (aliases: Record<string, string>) => () => createAuth({ store: memory(), handlers, aliases });
  assert.throws(make({ "io.x": "Basic" }), { code: "invalid_options", message: /no handler/ });
  assert.throws(make({ psk: "PSK" }), { code: "invalid_options", message: /a handler of its own/ });
  assert.throws(make({ "a b": "PSK" }), { code: "invalid_options", message: /not a token/ });
});

test("a log-in by message may name its scheme exactly, and a handler that reads headers reads visible bytes", async () => {
  const { auth } = start();
  const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" }, rules };
  const logIn = (scheme: string, payload: string) =>
    auth.logIn({ scheme, payload: Buffer.from(payload), exact: true }, context);
  const opened = await logIn(keyClass, key);
  assert.equal(opened.kind === "opened" && opened.session.rules.policy, "overlapping");
  assert.equal((await logIn("PSK", key)).kind, "opened");
  for (const [scheme, payload] of [
    ["psk", key],
    [keyClass.toLowerCase(), key],
    ["PSK", `${key}\n`],
    ["", key],
  ] as const) {
    const refused = await logIn(scheme, payload);
    assert.equal(refused.kind === "denied" && refused.reason, "invalid_credentials", scheme);
  }
});
