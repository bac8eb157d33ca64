import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createAuth } from "../../../src/engine/auth.js";
import { type ApiKeySource, apiKey } from "../../../src/handlers/api-key/api-key.js";
import { type ApiKeyRecord, createApiKey } from "../../../src/handlers/api-key/record.js";
import { makeApiKeyText } from "../../../src/handlers/api-key/text.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";

/** A source that may throw, reject or not answer at all. */
function world(how: "sync" | "async", more: Partial<ApiKeySource> = {}) {
  const { platform, advance } = createWorld();
  const records = new Map<string, ApiKeyRecord>();
  const source = { isDown: false, isSilent: false, asked: 0, settle: [] as (() => void)[] };
  const warnings: string[] = [];
  const answer = (id: string): ApiKeyRecord | undefined => {
    if (source.isDown) throw new Error("the database is down");
    return records.get(id);
  };
  const keys: ApiKeySource = {
    find(id) {
      source.asked += 1;
      if (how === "sync") return answer(id);
      if (source.isSilent) return new Promise((resolve) => source.settle.push(() => resolve(records.get(id))));
      return new Promise((resolve) => resolve(answer(id)));
    },
    ...more,
  };
  const handler = apiKey({ keys, platform, onWarning: (message) => warnings.push(message) });
  const make = () => {
    const made = createApiKey({ name: "ci", platform });
    records.set(made.record.id, made.record);
    return { key: made.key, id: made.record.id };
  };
  const present = async (key: string): Promise<string | undefined> => {
    try {
      return ((await handler.fromHeader?.(key, {} as HandlerContext)) as Verdict | undefined)?.kind;
    } catch {
      return "unavailable"; // as the engine answers
    }
  };
  return { platform, advance, records, source, warnings, handler, make, present };
}

for (const how of ["sync", "async"] as const) {
  test(`${how}: a key that was read goes on for five minutes while its source fails, and is then unavailable`, async () => {
    const { advance, source, warnings, make, present } = world(how);
    const [known, unknown] = [make(), make()];
    assert.equal(await present(known.key), "accepted");
    source.isDown = true;
    assert.equal(await present(unknown.key), "unavailable", "nothing is known of it");
    advance(299_999);
    for (let call = 0; call < 3; call++) assert.equal(await present(known.key), "accepted");
    assert.deepEqual(warnings, [
      "apiKey: the source of keys does not answer; keys that it knew go on for 5 min, and others get 503; look at it",
    ]);
    advance(1);
    assert.equal(await present(known.key), "unavailable", "never rejected");
    source.isDown = false;
    assert.equal(await present(known.key), "accepted");
    assert.equal(await present(unknown.key), "accepted");
    assert.deepEqual(warnings.slice(1), ["apiKey: the source of keys answers again"]);
  });

  test(`${how}: a key that is removed or revoked is refused by the first answer that says so, and does not come back in an outage`, async () => {
    const { records, source, make, present, platform } = world(how);
    for (const end of [
      (id: string) => records.delete(id),
      (id: string) => records.set(id, { ...(records.get(id) as ApiKeyRecord), revokedAt: platform.now() }),
    ]) {
      const { key, id } = make();
      assert.equal(await present(key), "accepted");
      source.isDown = true;
      assert.equal(await present(key), "accepted");
      source.isDown = false;
      end(id);
      // The answer comes beside the call that finds the source unanswered, where it comes later.
      if (how === "async") await present(key);
      await turn();
      assert.equal(await present(key), "rejected");
      source.isDown = true;
      assert.notEqual(await present(key), "accepted");
      source.isDown = false;
    }
  });
}

test("each key has its own age: one that was revoked while the source answered about others is not good for longer than its reading", async () => {
  const { advance, records, source, make, present } = world("sync");
  const [revoked, other] = [make(), make()];
  assert.equal(await present(revoked.key), "accepted");
  records.delete(revoked.id);
  advance(299_000);
  assert.equal(await present(other.key), "accepted");
  source.isDown = true;
  advance(1_000);
  assert.equal(await present(other.key), "accepted");
  assert.equal(await present(revoked.key), "unavailable");
});

test("the wrong secret of a known key is refused in an outage too", async () => {
  const { source, make, present } = world("sync");
  const { key, id } = make();
  assert.equal(await present(key), "accepted");
  source.isDown = true;
  const forged = makeApiKeyText((bytes) => (bytes === 8 ? Buffer.from(id, "hex") : Buffer.alloc(bytes)));
  assert.equal(forged.id, id);
  assert.equal(await present(forged.key), "rejected");
  assert.equal(await present(key), "accepted");
});

test("a source that takes more than three seconds makes one call wait for a known key, and asks one question at a time", async () => {
  const { advance, records, source, make, present } = world("async");
  const { key, id } = make();
  assert.equal(await present(key), "accepted");
  source.isSilent = true;
  const waiting = present(key);
  advance(2_999);
  assert.equal(await Promise.race([waiting, turn("it waits")]), "it waits");
  advance(1);
  assert.equal(await waiting, "accepted");
  for (let call = 0; call < 10; call++) assert.equal(await present(key), "accepted");
  assert.equal(source.asked, 3, "the first, the one that was late, and one beside the calls");
  records.delete(id);
  for (const settle of source.settle) settle();
  source.isSilent = false;
  await turn();
  assert.equal(await present(key), "rejected", "a late answer counts");
});

test("ten thousand keys are known at most: the one that was read longest ago is not, and no key that does not exist is", async () => {
  const { advance, source, make, present } = world("sync");
  const keys = Array.from({ length: 10_001 }, make);
  for (const { key } of keys.slice(0, 10_000)) await present(key);
  advance(1_000);
  await present(keys[0]?.key ?? "");
  for (let attempt = 0; attempt < 100; attempt++) {
    await present(makeApiKeyText((bytes) => Buffer.alloc(bytes, attempt)).key);
  }
  await present(keys[10_000]?.key ?? "");
  source.isDown = true;
  const known = await Promise.all([0, 1, 2, 10_000].map((at) => present(keys[at]?.key ?? "")));
  assert.deepEqual(known, ["accepted", "unavailable", "accepted", "accepted"]);
});

test("staleMs: 0 asks the source for each call and nothing else", async () => {
  const { source, make, present } = world("sync", { staleMs: 0 });
  const { key } = make();
  assert.equal(await present(key), "accepted");
  source.isDown = true;
  assert.equal(await present(key), "unavailable");
  assert.throws(() => world("sync", { staleMs: -1 }), { code: "invalid_options", message: /staleMs of keys/ });
});

test("the engine answers 503 for what cannot be told, and lets known keys in", async (t) => {
  const { source, make, handler, platform } = world("async");
  const auth = createAuth({ handlers: [handler], store: memory({ platform }), platform });
  t.after(() => auth.close());
  const [known, unknown] = [make(), make()];
  const call = async ({ key }: { readonly key: string }) => {
    const peer = { address: "192.0.2.1", trusted: false };
    const rawHeaders = ["authorization", `ApiKey ${key}`];
    const decision = await auth.authenticate({ rawHeaders, method: "GET", path: "/", peer } as never);
    return decision.kind === "denied" ? decision.reason : decision.kind;
  };
  assert.equal(await call(known), "allowed");
  source.isDown = true;
  assert.deepEqual([await call(known), await call(unknown)], ["allowed", "unavailable"]);
});
