import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { AuthError } from "../../src/base/errors.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { privateKey } from "../../src/handlers/private-key/private-key.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { parseKeyChallenge, toKeyMessage } from "../../src/wire/key-messages.js";
import { pairs, spkiOf } from "../wire/keys.js";
import { createWorld } from "../world.js";
import { basicOf, durations, peer } from "./nodes.js";

/** A token or password in every spelling in which it could be lying about. */
function spellings(secret: Uint8Array): Buffer[] {
  const raw = Buffer.from(secret);
  return [raw, ...(["hex", "base64", "base64url"] as const).map((encoding) => Buffer.from(raw.toString(encoding)))];
}

/** The secrets of a token: the string, its bytes, the session id in it, and the MAC. */
function secretsOf(token: string): Buffer[] {
  const bytes = Buffer.from(token.slice(4), "base64url");
  return [bytes, bytes.subarray(3, 19), bytes.subarray(28)].flatMap(spellings);
}

const found = (where: Buffer, secrets: readonly Buffer[]): number =>
  secrets.filter((secret) => where.includes(secret)).length;

const password = "correct horse battery staple";

async function live(folder: string) {
  const world = createWorld();
  const { platform } = world;
  const path = join(folder, "sessions.db");
  const said: string[] = [];
  const say = (value: unknown): void =>
    void said.push(inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null }));
  const tokens = new Set<string>();
  const auth = createAuth({
    platform,
    store: sqlite(path, { platform }),
    ...durations,
    handlers: [
      basic({
        verify(user, given) {
          if (user === "broken") throw new AuthError("unavailable", "the directory is down");
          return given === password ? { subject: user } : null;
        },
      }),
      privateKey({ keys: (user) => ({ identity: { subject: user } }), rawChallenges: true, platform }),
    ],
  });
  const ask = async (authorization: string, from = peer) => {
    const decision = await auth.authenticate({
      method: "GET",
      path: "/",
      rawHeaders: ["authorization", authorization],
      peer: from,
    });
    if (decision.kind === "allowed") {
      if (decision.offer) tokens.add(decision.offer.token);
      say(decision.caller);
      say(await decision.caller.session?.state());
    } else say(decision);
    return decision;
  };
  say(auth);
  for (const user of ["ada", "bob", "broken"]) {
    await ask(basicOf(user, password), { ...peer });
    await ask(basicOf(user, "wrong"), { ...peer });
    const outcome = await auth.logIn(
      { scheme: "Basic", payload: basicOf(user, password).slice(6) },
      { peer, target: { method: "POST", path: "/" } },
    );
    if (outcome.kind === "opened") {
      tokens.add(outcome.token);
      say(outcome.caller);
      await outcome.session.updateState(() => ({ cart: [user] }));
    } else say(outcome);
  }
  let held = [...tokens];
  for (let turns = 0; turns < 4; turns += 1) {
    for (const [index, token] of held.entries()) {
      const decision = await ask(`Bearer ${token}`);
      if (decision.kind === "allowed" && decision.offer) held = held.with(index, decision.offer.token);
    }
    for (const token of held) await ask(`Bearer ${token}`);
    world.advance(durations.rotateAfterMs);
  }
  const nonces: Uint8Array[] = [];
  for (const [index, pair] of Object.values(pairs).entries()) {
    const client = Uint8Array.of(index);
    for (const message of [
      { kind: "challenge", user: "ada", publicKey: spkiOf(pair) },
      { kind: "raw-challenge", client },
    ] as const) {
      const outcome = await auth.logIn(
        { scheme: "PublicKey", payload: toKeyMessage(message) },
        { peer, target: { method: "POST", path: "/" } },
      );
      assert.ok(outcome.kind === "challenged");
      nonces.push(parseKeyChallenge(outcome.payload)?.nonce ?? assert.fail());
    }
  }
  say(await auth.sessions.list());
  await auth.sessions.endSubject("bob");
  for (const token of tokens) {
    await ask(`Bearer ${token}`);
    await ask(`Bearer ${token}x`);
    await ask(`Bearer  ${token.slice(4)}`);
    await ask(`Basic ${token}`);
  }
  return { auth, path, said, tokens, nonces };
}

test("13. Nothing secret at rest: a byte search of database files, dumps and logs for every issued token, challenge and password finds none", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-secrets-"));
  const warned: string[] = [];
  t.mock.method(console, "warn", (...words: unknown[]) => warned.push(words.map((word) => inspect(word)).join(" ")));
  try {
    const { auth, path, said, tokens, nonces } = await live(folder);
    const files = new Map(
      [path, `${path}-wal`, `${path}-shm`, `${path}.keys`].map((name) => [name, readFileSync(name)]),
    );
    await auth.close();
    files.set("after close", readFileSync(path));
    files.set("standard error", Buffer.from(warned.join("\n")));
    files.set("inspected", Buffer.from(said.join("\n")));

    const secrets = [...[...tokens].flatMap(secretsOf), ...nonces.flatMap(spellings)];
    for (const each of [password, basicOf("ada", password).slice(6), basicOf("bob", "wrong").slice(6)]) {
      secrets.push(...spellings(Buffer.from(each)));
    }
    assert.ok(tokens.size > 10, `${tokens.size} tokens`);
    assert.equal(nonces.length, 8);
    for (const [name, bytes] of files) assert.equal(found(bytes, secrets), 0, name);

    // The search finds what is there: refs in the database, and a token in a text.
    const [token = ""] = tokens;
    assert.ok(found(Buffer.from(`x${token}y`), secretsOf(token)) > 0);
    assert.ok(files.get(`${path}-wal`)?.includes("ada"));
    assert.match(said.join("\n"), /cart.*ada/s);
    assert.match(warned.join("\n"), /an old token came back/);
    assert.match(warned.join("\n"), /the handler for basic threw/);
    assert.ok(existsSync(path));
    const keys = JSON.parse(files.get(`${path}.keys`)?.toString() ?? "") as { keys: { secret: string }[] };
    const keySecrets = keys.keys.flatMap(({ secret }) => spellings(Buffer.from(secret, "base64url")));
    for (const [name, bytes] of files) assert.equal(found(bytes, keySecrets) > 0, name === `${path}.keys`, name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("13. Neither an error nor its cause holds what was presented", async () => {
  const world = createWorld();
  const errors: unknown[] = [];
  const auth = createAuth({
    platform: world.platform,
    store: sqlite(":memory:", { platform: world.platform }),
    onEvent: (event) => errors.push(event),
    handlers: [basic({ verify: (subject) => ({ subject, born: new Date(0) }) })],
  });
  await auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", basicOf("ada", password)], peer });
  const { token } = { token: "sps_".padEnd(84, "A") };
  await auth.close();
  await auth.authenticate({ method: "GET", path: "/", rawHeaders: ["authorization", `Bearer ${token}`], peer });
  await assert.rejects(auth.sessions.endSubject("ada"), (error) => errors.push(error) > 0);
  assert.ok(errors.length >= 2);
  const text = Buffer.from(inspect(errors, { depth: 20, showHidden: true }));
  assert.equal(
    found(
      text,
      [password, basicOf("ada", password).slice(6), token].map((each) => Buffer.from(each)),
    ),
    0,
  );
});
