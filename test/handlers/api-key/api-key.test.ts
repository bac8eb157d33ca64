import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { createAuth } from "../../../src/engine/auth.js";
import { type ApiKeyOptions, type ApiKeySource, apiKey } from "../../../src/handlers/api-key/api-key.js";
import { type ApiKeyRecord, type CreateApiKeyOptions, createApiKey } from "../../../src/handlers/api-key/record.js";
import { parseApiKey } from "../../../src/handlers/api-key/text.js";
import { chain } from "../../../src/handlers/chain.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { jwt } from "../../../src/handlers/oidc/jwt.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { createWorld } from "../../world.js";

const context = {} as HandlerContext;

/** Some keys, and a handler over them whose look-ups are counted. */
function world(more: Partial<ApiKeyOptions<ApiKeyRecord, never>> = {}) {
  const { platform, advance } = createWorld();
  const records = new Map<string, ApiKeyRecord>();
  const asked: string[] = [];
  const used: [id: string, at: number][] = [];
  const keys: ApiKeySource = {
    find(id) {
      asked.push(id);
      return records.get(id);
    },
    used: (id, at) => used.push([id, at]),
  };
  const make = (options: Partial<CreateApiKeyOptions> = {}) => {
    const made = createApiKey({ name: "ci", platform, ...options });
    records.set(made.record.id, made.record);
    return made;
  };
  const handler = apiKey({ keys, platform, ...more });
  const present = (key: string) => handler.fromHeader?.(key, context) as Verdict;
  return { platform, advance, records, asked, used, make, handler, present };
}

test("a key is its record's subject, with roles, scopes, its name and its id", () => {
  const { make, present, platform } = world();
  const expiresAt = platform.now() + 1_000;
  const { key, record } = make({ name: "ci 2027", subject: "ci", roles: ["deploy"], scopes: ["repo:read"], expiresAt });
  assert.deepEqual(present(key), {
    kind: "accepted",
    identity: { subject: "ci", roles: ["deploy"], scopes: ["repo:read"], keyId: record.id, keyName: "ci 2027" },
    scopes: ["repo:read"],
    expiresAt,
    via: record.id,
  });
  assert.equal((present(make().key) as { identity?: { subject: string } }).identity?.subject, "ci");
});

test("the default scheme is ApiKey; it opens nothing and is not remembered", () => {
  const { scheme, opens, remember } = world().handler;
  assert.deepEqual({ scheme, opens, remember }, { scheme: "ApiKey", opens: "nothing", remember: undefined });
  assert.equal(world({ scheme: "Bearer" }).handler.scheme, "Bearer");
});

test("the form is documented: prefix, id, and base64url of 208 random bits and a checksum", () => {
  const { key, record } = createApiKey({ name: "ci" });
  const [, id = "", rest = ""] = /^spk_([0-9a-f]{16})_([A-Za-z0-9_-]{40})$/.exec(key) ?? [];
  assert.equal(id, record.id);
  const bytes = Buffer.from(rest, "base64url");
  const checked = createHash("sha256").update(`spk_${id}_`).update(bytes.subarray(0, 26)).digest();
  assert.deepEqual(bytes.subarray(26), checked.subarray(0, 4));
  assert.notEqual(createApiKey({ name: "ci" }).key.slice(21), key.slice(21));
});

test("what is kept is the hash of `printf %s KEY | sha256sum`, and nothing of the key", () => {
  const { key, record } = createApiKey({ name: "ci" });
  assert.equal(record.sha256, createHash("sha256").update(key).digest("hex"));
  assert.ok(!JSON.stringify(record).includes(key.slice(-40)));
});

test("a key with any one character changed is refused before any look-up", () => {
  const { make, present, asked } = world();
  const { key } = make();
  const mistyped = Array.from(key, (letter, at) => {
    const other = letter === "a" ? "b" : "a";
    return at < 4 ? undefined : `${key.slice(0, at)}${other}${key.slice(at + 1)}`;
  }).filter((text) => text !== undefined);
  assert.equal(mistyped.length, 57);
  for (const text of [...mistyped, key.slice(0, -1), `${key}a`, `${key}=`, `${key} `, "spk_", key.toUpperCase()]) {
    assert.notEqual(present(text).kind, "accepted", text);
    assert.equal(parseApiKey(text), undefined, text);
  }
  assert.deepEqual(asked, []);
});

/** A key of somebody who knows the form: right in form and checksum, but for a secret that nobody was given. */
function forge(id: string, key: string): string {
  const secret = Buffer.from(key.slice(-40), "base64url").subarray(0, 26);
  const checksum = createHash("sha256").update(`spk_${id}_`).update(secret).digest().subarray(0, 4);
  return `spk_${id}_${Buffer.concat([secret, checksum]).toString("base64url")}`;
}

test("a right form is not enough: the secret of another key, or of none, is refused", () => {
  const { make, present, asked } = world();
  const [first, second] = [make(), make()];
  const forged = forge(first.record.id, second.key);
  assert.equal(parseApiKey(forged), first.record.id);
  assert.deepEqual(present(forged), { kind: "rejected" });
  assert.deepEqual(present(forge("0".repeat(16), first.key)), { kind: "rejected" });
  assert.deepEqual(asked, [first.record.id, "0".repeat(16)]);
});

test("a source that answers with another key's record lets nobody in as that one", () => {
  const { make, platform } = world();
  const [mine, other] = [make(), make({ name: "root", roles: ["admin"] })];
  const { sha256 } = mine.record;
  const handler = apiKey({ keys: () => ({ ...other.record, sha256 }), platform });
  assert.deepEqual(handler.fromHeader?.(mine.key, context), { kind: "rejected" });
});

test("it is refused from the millisecond of its expiry, and the caller is known until then", () => {
  const { make, present, advance, platform } = world();
  const { key } = make({ expiresAt: platform.now() + 1_000 });
  advance(999);
  assert.equal(present(key).kind, "accepted");
  advance(1);
  assert.deepEqual(present(key), { kind: "rejected" });
});

test("a revoked key is refused at the next call", () => {
  const { make, present, records } = world();
  const { key, record } = make();
  assert.equal(present(key).kind, "accepted");
  records.set(record.id, { ...record, revokedAt: 0 });
  assert.deepEqual(present(key), { kind: "rejected" });
  records.delete(record.id);
  assert.deepEqual(present(key), { kind: "rejected" });
});

test("null in an optional column is none", () => {
  const { make, present, records } = world();
  const { key, record } = make();
  records.set(record.id, { ...record, expiresAt: null, revokedAt: null });
  assert.equal(present(key).kind, "accepted");
});

test("toIdentity sees the whole record, and may say nobody", async () => {
  const { make, records, platform } = world();
  const { key, record } = make({ name: "ci" });
  const keys = async (id: string) => ({ ...(records.get(id) as ApiKeyRecord), tenant: "acme" });
  const toIdentity = ({ subject, tenant }: Awaited<ReturnType<typeof keys>>) => ({ subject, tenant });
  const handler = apiKey({ keys, toIdentity, platform });
  const verdict = await handler.fromHeader?.(key, context);
  const identity = { subject: "ci", tenant: "acme" };
  // A key without scopes has none: it does not stand for the whole account.
  assert.deepEqual(verdict, { kind: "accepted", identity, expiresAt: undefined, scopes: [], via: record.id });
  const nobody = apiKey({ keys: () => record, toIdentity: async () => null, platform });
  assert.deepEqual(await nobody.fromHeader?.(key, context), { kind: "rejected" });
});

test("its use is noted after the answer, at most once a minute for each key, and never for a wrong one", () => {
  const { make, present, used, advance, platform } = world();
  const [first, second] = [make(), make()];
  const start = platform.now();
  present(first.key);
  present(forge(second.record.id, first.key));
  assert.deepEqual(used, [], "not while the caller waits");
  advance(0);
  assert.deepEqual(used, [[first.record.id, start]]);
  for (let seconds = 1; seconds < 60; seconds++) {
    advance(1_000);
    present(first.key);
  }
  present(second.key);
  advance(0);
  assert.deepEqual(used.slice(1), [[second.record.id, start + 59_000]]);
  advance(1_000);
  present(first.key);
  advance(0);
  assert.deepEqual(used.slice(2), [[first.record.id, start + 60_000]]);
});

test("a note that fails, or never ends, changes nothing", async () => {
  for (const used of [
    () => {
      throw new Error("disk full");
    },
    () => Promise.reject(new Error("disk full")),
    () => new Promise(() => {}),
  ]) {
    const { platform, advance } = createWorld();
    const { key, record } = createApiKey({ name: "ci", platform });
    const handler = apiKey({ keys: { find: () => record, used }, platform });
    assert.equal((await handler.fromHeader?.(key, context))?.kind, "accepted");
    advance(0);
    await new Promise(setImmediate);
  }
});

const broken: readonly [why: string, change: Record<string, unknown>][] = [
  ["no hash", { sha256: undefined }],
  ["a hash in capitals", { sha256: "A".repeat(64) }],
  ["an expiry that is no number", { expiresAt: "2020-01-01" }],
  ["an expiry that is not a number", { expiresAt: Number.NaN }],
  ["a date", { expiresAt: new Date(0) }],
  ["roles that are no list", { roles: "admin" }],
  ["scopes that are no words", { scopes: ["a b"] }],
  ["no subject", { subject: "" }],
];
for (const [why, change] of broken) {
  test(`a record with ${why} is a fault of the source: unavailable, and never accepted`, async () => {
    const { key, record } = createApiKey({ name: "ci" });
    const handler = apiKey({ keys: () => ({ ...record, ...change }) as ApiKeyRecord });
    const failures: unknown[] = [];
    const auth = createAuth({ handlers: [handler], store: memory(), onEvent: (event) => failures.push(event) });
    const decision = await auth.authenticate({
      ...{ method: "GET", path: "/", rawHeaders: ["Authorization", `ApiKey ${key}`] },
      peer: { address: "192.0.2.1", trusted: false },
    });
    assert.equal(decision.kind === "denied" && decision.code, "unavailable");
    assert.match(inspect(failures, { depth: 9 }), /not as createApiKey made it/);
    assert.ok(!inspect(failures, { depth: 9 }).includes(key));
  });
}

test("a database that is down is unavailable, never a 401", async () => {
  const { key } = createApiKey({ name: "ci" });
  const auth = createAuth({
    handlers: [apiKey({ keys: () => Promise.reject(new Error("connection refused")) })],
    store: memory(),
    onEvent: () => {},
  });
  const decision = await auth.authenticate({
    ...{ method: "GET", path: "/", rawHeaders: ["Authorization", `ApiKey ${key}`] },
    peer: { address: "192.0.2.1", trusted: false },
  });
  assert.equal(decision.kind === "denied" && decision.code, "unavailable");
});

test("in a chain for Bearer our prefix decides: jwt never sees our keys, and we decline what is not ours", async () => {
  const { make, platform } = world();
  const { key, record } = make();
  const seen: string[] = [];
  const tokens = jwt({ issuer: "https://idp.example", audience: "api", jwks: { keys: [{ kty: "OKP" }] }, platform });
  const spied = {
    ...tokens,
    fromHeader(payload: string, each: HandlerContext) {
      seen.push(payload);
      return tokens.fromHeader?.(payload, each) ?? assert.fail();
    },
  };
  const keys = (id: string) => (id === record.id ? record : null);
  const handler = chain("Bearer", [apiKey({ scheme: "Bearer", keys, platform }), spied]);
  const present = (payload: string) => handler.fromHeader?.(payload, context) as Promise<Verdict> | Verdict;
  assert.equal((await present(key)).kind, "accepted");
  assert.deepEqual(await present(`${key}x`), { kind: "rejected" });
  assert.deepEqual(seen, []);
  for (const payload of ["opaque", "SPK_x", "sps_x", "", "e30.e30.AAAA"]) await present(payload);
  assert.deepEqual(seen, ["opaque", "SPK_x", "sps_x", "", "e30.e30.AAAA"]);
});

test("through the engine: ApiKey and nested Bearer are let in, no session is opened, and no event or denial shows a key", async () => {
  const events: unknown[] = [];
  const { platform } = createWorld();
  const { key, record } = createApiKey({ name: "ci", platform });
  const auth = createAuth({
    handlers: [apiKey({ keys: (id) => (id === record.id ? record : null), platform })],
    ...{ store: memory({ platform }), platform, nestedSchemes: true, onEvent: (event: unknown) => events.push(event) },
  });
  const ask = (value: string) =>
    auth.authenticate({
      ...{ method: "GET", path: "/", rawHeaders: ["Authorization", value] },
      peer: { address: "192.0.2.1", trusted: false },
    });
  for (const value of [`ApiKey ${key}`, `aPIkEY   ${key}`, `Bearer ApiKey ${key}`]) {
    const decision = await ask(value);
    assert.equal(decision.kind, "allowed", value);
    assert.ok(!("offer" in decision && decision.offer), "a token was offered");
  }
  for (const value of [`ApiKey ${key}x`, `Bearer ${key}`, `Basic ${key}`, `ApiKey ${key}, ApiKey ${key}`]) {
    const decision = await ask(value);
    assert.equal(decision.kind, "denied", value);
    assert.ok(!inspect(decision, { depth: 9 }).includes(key.slice(-40)));
  }
  assert.ok(!inspect(events, { depth: 9 }).includes(key.slice(-40)));
  assert.deepEqual(await auth.sessions.list(), []);
});

const wrong: readonly [why: string, options: Partial<CreateApiKeyOptions>, message: RegExp][] = [
  ["an empty name", { name: "" }, /name must be 1 to 256 characters/],
  ["a line break in a name", { name: "a\nb" }, /name must be 1 to 256 characters without control/],
  ["a subject that a header cannot carry", { subject: "a\rb" }, /subject must be/],
  ["a scope of two words", { scopes: ["a b"] }, /scopes must be a list of words/],
  ["a role with a comma", { roles: ["a,b"] }, /roles must be a list of words/],
  ["an expiry that is over", { expiresAt: 1_000 }, /expiresAt is in the past/],
  ["an expiry that is none", { expiresAt: Number.NaN }, /expiresAt must be an instant/],
];
for (const [why, options, message] of wrong) {
  test(`createApiKey refuses ${why}`, () => {
    assert.throws(() => createApiKey({ name: "ci", ...options }), { code: "invalid_options", message });
  });
}

test("apiKey refuses to start without a source", () => {
  for (const keys of [undefined, {}, "api-keys.jsonl"]) {
    assert.throws(() => apiKey({ keys: keys as never }), { code: "invalid_options", message: /apiKeyFile\(path\)/ });
  }
});

const suite = Array.from({ length: 3 }, (_each, index) => createApiKey({ name: `key ${index}`, subject: `s${index}` }));
const records = new Map(suite.map(({ record }) => [record.id, record]));
describeHandler("API key", {
  create() {
    for (const { record } of suite) records.set(record.id, record);
    return apiKey({ keys: (id) => records.get(id) });
  },
  gone: () => records.delete(suite[0]?.record.id ?? ""),
  changed: () => suite[0] && records.set(suite[0].record.id, { ...suite[0].record, roles: ["other"] }),
  good: suite.map(({ key, record }) => ({ payload: key, subject: record.subject })),
  bad: [
    ...["", "x", "spk_", `spk_${"0".repeat(57)}`, "a".repeat(100_000), createApiKey({ name: "unknown" }).key],
    ...suite.flatMap(({ key, record }) => [`${key} `, key.slice(4), key.toUpperCase(), record.sha256, record.id]),
  ],
  secrets: suite.flatMap(({ key, record }) => [key.slice(-40), record.sha256]),
  stalled: { create: () => apiKey({ keys: () => new Promise(() => {}) }), payload: suite[0]?.key ?? "" },
});
