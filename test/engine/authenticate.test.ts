import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Decision } from "../../src/model/decision.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const password = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;

function start() {
  const world = createWorld();
  const { platform } = world;
  let checks = 0;
  const auth = createAuth({
    platform,
    store: memory({ platform }),
    handlers: [
      basic({
        verify: (user, secret) => {
          checks += 1;
          return user === "ada" && secret === "lovelace" ? { subject: "ada", name: "Ada" } : null;
        },
      }),
    ],
    rotateAfterMs: 60_000,
    overlapMs: 5_000,
  });
  const peer = { address: "192.0.2.1", trusted: false };
  const ask = (authorization: string, from = peer) =>
    auth.authenticate({ method: "GET", path: "/", rawHeaders: ["Authorization", authorization], peer: from });
  return { world, auth, ask, peer, checks: () => checks };
}

function allowed<I extends { subject: string }>(decision: Decision<I>) {
  assert.equal(decision.kind, "allowed", JSON.stringify(decision));
  return decision as Decision<I> & { kind: "allowed" };
}

test("a password is answered with a token, the token with the same identity", async () => {
  const { ask } = start();
  const first = allowed(await ask(password));
  assert.equal(first.caller.scheme, "basic");
  assert.equal(first.caller.session, undefined);
  const token = first.offer?.token ?? "";
  assert.match(token, /^sps_[A-Za-z0-9_-]{80}$/);
  const second = allowed(await ask(`Bearer ${token}`));
  assert.deepEqual(second.caller.identity, { subject: "ada", name: "Ada" });
  assert.equal(second.caller.session?.scheme, "basic");
  assert.equal(second.offer, undefined);
});

test("a remembered token is answered at once, without a promise", async () => {
  const { ask } = start();
  const token = allowed(await ask(password)).offer?.token;
  await ask(`Bearer ${token}`);
  const decision = ask(`Bearer ${token}`);
  assert.ok(!(decision instanceof Promise));
  assert.equal(decision.kind, "allowed");
});

test("a due token is turned, and one of those who present it at once gets the successor", async () => {
  const { ask, world } = start();
  const token = allowed(await ask(password)).offer?.token;
  await ask(`Bearer ${token}`);
  world.advance(61_000);
  const successors = await Promise.all(Array.from({ length: 8 }, () => ask(`Bearer ${token}`)));
  const [next, ...others] = successors.flatMap((decision) => allowed(decision).offer?.token ?? []);
  assert.deepEqual(others, []);
  assert.notEqual(next, token);
  assert.equal(allowed(await ask(`Bearer ${next}`)).offer, undefined);
  world.advance(70_000);
  const late = await ask(`Bearer ${token}`);
  assert.equal(late.kind === "denied" && late.reason, "revoked");
  const after = await ask(`Bearer ${next}`);
  assert.equal(after.kind === "denied" && after.reason, "revoked");
});

test("a password with every call is checked once, and offered a token once per connection", async () => {
  const { ask, checks, peer } = start();
  assert.ok(allowed(await ask(password)).offer);
  for (let call = 0; call < 10; call += 1) assert.equal(allowed(await ask(password)).offer, undefined);
  assert.ok(allowed(await ask(password, { ...peer })).offer);
  assert.equal(checks(), 1);
});

test("wrong, unknown and unheard-of credentials get the same denial", async () => {
  const { ask } = start();
  const denials = await Promise.all(
    ["ada:wrong", "bob:lovelace"].map((pair) => ask(`Basic ${Buffer.from(pair).toString("base64")}`)),
  );
  denials.push(await ask("Negotiate abc"));
  for (const denial of denials) assert.deepEqual(denial, denials[0]);
  assert.equal(denials[0]?.kind === "denied" && denials[0].reason, "invalid_credentials");
});

test("a session ends everywhere at once when it is ended", async () => {
  const { ask, auth } = start();
  const token = allowed(await ask(password)).offer?.token;
  const { caller } = allowed(await ask(`Bearer ${token}`));
  const reasons: string[] = [];
  caller.session?.onEnd((reason) => reasons.push(reason));
  assert.equal(await auth.sessions.end(caller.session?.ref ?? ""), true);
  assert.deepEqual(reasons, ["ended"]);
  const after = await ask(`Bearer ${token}`);
  assert.equal(after.kind === "denied" && after.reason, "revoked");
});
