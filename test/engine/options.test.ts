import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import { systemPlatform } from "../../src/base/platform.js";
import { createAuth } from "../../src/engine/auth.js";
import { type AuthOptions, resolveOptions } from "../../src/engine/options.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";

const handlers: readonly Handler[] = [basic({ verify: () => null })];

/** Any value, as a program without types would pass it. */
type Loose = { readonly [Name in keyof AuthOptions]?: unknown };

const resolve = (options: Loose = {}) => resolveOptions({ handlers, store: memory(), ...options } as AuthOptions);

function requireRefusal(act: () => unknown, message: string): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof AuthError);
    assert.deepEqual({ code: error.code, message: error.message }, { code: "invalid_options", message });
    return true;
  });
}

test("the defaults", () => {
  const { store, keys, platform, onReuse, onTicketMisuse, onEvent, ...rest } = resolve();
  assert.deepEqual(rest, {
    realm: "sallyport",
    nestedSchemes: false,
    rules: {
      policy: "confirm-then-cut",
      rotateAfterMs: 300_000,
      overlapMs: 10_000,
      stragglerMs: 60_000,
      lifetimeMs: 2_100_000,
      idleMs: 1_800_000,
      absoluteMs: 43_200_000,
      unclaimedMs: 120_000,
    },
    caps: { claimed: 100, unclaimed: 1_000 },
    maxAuthorizationLength: 16_384,
    rememberMs: 30_000,
    maxStalenessMs: 5_000,
    recheckMs: 300_000,
    recheckStaleMs: 3_600_000,
    throttle: {
      account: {
        freeFailures: 10,
        firstDelayMs: 1_000,
        longestDelayMs: 900_000,
        forgetFailureMs: 900_000,
        maxFailures: 99,
      },
      source: { burst: 30, refillMs: 3_000 },
      total: { burst: 1_000, refillMs: 100 },
      maxUnderWay: 64,
    },
    clockMarginMs: 50,
    handlerTimeoutMs: 10_000,
    storeTimeoutMs: 2_000,
    maxKnownSessions: 100_000,
    bindToCertificate: false,
    dpop: { baseUrls: [], nonce: true, proofLifeMs: 60_000, sharedReplay: false },
    audit: undefined,
  });
  assert.equal(typeof store.loadSession, "function");
  assert.equal(keys.durable, false);
  assert.equal(platform, systemPlatform);
  assert.equal(onReuse({ ref: "", subject: "" }), "revoke");
  assert.equal(onTicketMisuse({ ref: "", reason: "used", service: "" }), "alarm");
  assert.equal(typeof onEvent, "function");
});

test("what is given is taken, what is given as undefined has its default, and the result is frozen", () => {
  const keys = randomKeys();
  const onEvent = () => {};
  const onReuse = () => "refuse" as const;
  const platform = { ...systemPlatform };
  const given = {
    keys,
    onEvent,
    onReuse,
    platform,
    realm: "a b",
    nestedSchemes: true,
    rememberMs: 0,
    maxStalenessMs: 0,
    clockMarginMs: 0,
    handlerTimeoutMs: 1,
    storeTimeoutMs: 1,
    maxKnownSessions: 1,
  };
  const resolved = resolve({ ...given, maxSessionsPerSubject: 1, maxUnclaimedPerSubject: 1, rotateAfterMs: 60_000 });
  for (const [name, value] of Object.entries(given)) {
    assert.equal((resolved as unknown as Record<string, unknown>)[name], value, name);
  }
  assert.deepEqual(resolved.caps, { claimed: 1, unclaimed: 1 });
  assert.equal(resolved.rules.rotateAfterMs, 60_000);
  assert.ok(Object.isFrozen(resolved) && Object.isFrozen(resolved.rules) && Object.isFrozen(resolved.caps));
  const blank = resolve({ realm: undefined, rememberMs: undefined, keys: undefined, rotateAfterMs: undefined });
  assert.equal(blank.realm, "sallyport");
  assert.equal(blank.rememberMs, 30_000);
});

test("the raw options are neither written to nor read again", () => {
  const options = { handlers, store: memory(), rememberMs: 1_000, rotateAfterMs: 60_000 };
  const before = { ...options };
  const resolved = resolveOptions(Object.freeze(options));
  assert.deepEqual(options, before);
  const mutable = { handlers: [...handlers], store: memory(), realm: "before" };
  const auth = createAuth(mutable);
  mutable.realm = "after";
  mutable.handlers.pop();
  assert.equal(auth.front.realm, "before");
  assert.equal(resolved.rememberMs, 1_000);
});

const wholeNumbers: readonly (readonly [name: keyof AuthOptions, least: number, most?: number])[] = [
  ["rememberMs", 0, 300_000],
  ["maxStalenessMs", 0],
  ["clockMarginMs", 0],
  ["handlerTimeoutMs", 1],
  ["storeTimeoutMs", 1],
  ["maxKnownSessions", 1],
  ["maxSessionsPerSubject", 1],
  ["maxUnclaimedPerSubject", 1],
];

for (const [name, least, most] of wholeNumbers) {
  test(`${name} must be a whole number from ${least}`, () => {
    const unit = name.endsWith("Ms") ? " of milliseconds" : "";
    const range = most === undefined ? `of at least ${least}` : `from ${least} to ${most}`;
    const refused = [
      least - 1,
      1.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      "1000",
      2 ** 53,
      ...(most ? [most + 1] : []),
    ];
    for (const value of refused) {
      const message = `${name} must be a whole number${unit} ${range}, not ${String(value)}`;
      requireRefusal(() => resolve({ [name]: value }), message);
    }
    resolve({ [name]: least });
    if (most !== undefined) resolve({ [name]: most });
  });
}

test("realm must be able to stand in a header", () => {
  for (const realm of ["", "a\r\nb", "café", "\0", "a".repeat(129)]) {
    requireRefusal(() => resolve({ realm }), "realm must be 1 to 128 characters of visible ASCII and spaces");
  }
  resolve({ realm: "a".repeat(128) });
  resolve({ realm: 'He said "hi" \\ bye' });
});

test("the store must be one", () => {
  for (const store of [undefined, null, {}, "./sessions.db"]) {
    requireRefusal(
      () => resolve({ store }),
      `store is ${store === undefined ? "missing" : "no store"}: give sqlite("./sessions.db"), or memory() for one process`,
    );
  }
});

test("a store that outlives a restart and names no place for keys needs them", () => {
  const { keyFile: _none, ...rest } = memory();
  const store: Store = { ...rest, durable: true };
  requireRefusal(
    () => resolve({ store }),
    'this store outlives a restart, so its signing keys must too: give keys: keyFile("./sallyport.keys", { create: true })',
  );
  assert.equal(resolve({ store, keys: randomKeys() }).keys.durable, false);
});

test("a store with a place for keys gets a file there that only its owner reads, the same after a restart", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-options-"));
  try {
    const store: Store = { ...memory(), durable: true, keyFile: join(folder, "sessions.db.keys") };
    const { keys } = resolve({ store });
    assert.equal(keys.durable, true);
    assert.equal(statSync(join(folder, "sessions.db.keys")).mode & 0o777, 0o600);
    assert.deepEqual(resolve({ store }).keys.load(), keys.load());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const rules: readonly (readonly [options: Loose, message: string])[] = [
  [{ policy: "none" }, 'policy must be "confirm-then-cut" or "overlapping"'],
  [
    { rotateAfterMs: 10_000, overlapMs: 5_001 },
    "overlapMs (5001) must be at most half of rotateAfterMs (10000); shorten overlapMs",
  ],
  [
    { rotateAfterMs: 10_000, stragglerMs: 7_501 },
    "stragglerMs (7501) must be at most 0.75 × rotateAfterMs (7500); shorten it or lengthen rotateAfterMs",
  ],
  [{ absoluteMs: 599_999 }, "absoluteMs (599999) must be at least 2 × rotateAfterMs (600000); shorten rotateAfterMs"],
  [
    { idleMs: 599_999 },
    "idleMs (599999) must be at least 2 × rotateAfterMs (600000); lengthen idleMs or shorten rotateAfterMs",
  ],
  [
    { idleMs: 43_200_001 },
    "idleMs (43200001) would never take effect beyond absoluteMs (43200000); shorten it or leave it out",
  ],
  [
    { unclaimedMs: 43_200_001 },
    "unclaimedMs (43200001) would never take effect beyond absoluteMs (43200000); shorten it",
  ],
  [{ lifetimeMs: 309_999 }, "lifetimeMs (309999) must be at least rotateAfterMs + overlapMs (310000); lengthen it"],
];

test("the durations of a session are refused where they contradict each other", () => {
  for (const [options, message] of rules) requireRefusal(() => resolve(options), message);
  resolve({ rotateAfterMs: 10_000, overlapMs: 5_000, stragglerMs: 7_500 });
  resolve({ absoluteMs: 600_000 });
  resolve({ idleMs: 600_000 });
  resolve({ idleMs: 43_200_000 });
  resolve({ lifetimeMs: 310_000 });
});

test("each duration must be a whole number of milliseconds", () => {
  const names = ["rotateAfterMs", "overlapMs", "lifetimeMs", "idleMs", "absoluteMs", "unclaimedMs"] as const;
  for (const name of [...names, "stragglerMs" as const]) {
    const least = name === "stragglerMs" ? 0 : 1;
    for (const value of [least - 1, 0.5, Number.NaN, "1000", 316_224_000_001]) {
      requireRefusal(
        () => resolve({ [name]: value }),
        `${name} must be a whole number of milliseconds from ${least} to 316224000000 (ten years)`,
      );
    }
  }
  assert.equal(resolve({ stragglerMs: 0 }).rules.stragglerMs, 0);
});

test("unasked, only what needs a person is warned of, in production never with a text that may hold a secret", (t) => {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  t.after(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  });
  const warned: unknown[][] = [];
  t.mock.method(console, "warn", (...words: unknown[]) => warned.push(words));
  const tell = (event: AuthEvent) => resolve().onEvent(event, { at: 0 });
  const secret = new Error("the password is hunter2");
  tell({ kind: "session-opened", ref: "r", subject: "s", scheme: "basic" });
  tell({ kind: "session-ended", ref: "r", reason: "logout" });
  tell({ kind: "subject-ended", subject: "s", reason: "ended" });
  tell({ kind: "rotated", ref: "r", generation: 2 });
  tell({ kind: "superseded", ref: "r", subject: "s", generation: 1 });
  tell({ kind: "reuse", ref: "r", subject: "s", generation: 1 });
  tell({ kind: "healed", ref: "r", subject: "s", generation: 3 });
  tell({ kind: "handler-failed", scheme: "basic", failure: { kind: "threw", error: secret } });
  tell({ kind: "handler-failed", scheme: "basic", failure: { kind: "threw", error: "hunter2" } });
  const ours = new AuthError("invalid_identity", "identity.born does not survive JSON");
  tell({ kind: "handler-failed", scheme: "basic", failure: { kind: "threw", error: ours } });
  tell({ kind: "handler-failed", scheme: "basic", failure: { kind: "timed-out" } });
  tell({ kind: "handler-failed", scheme: "basic", failure: { kind: "invalid-verdict", found: "a boolean" } });
  tell({ kind: "callback-failed", callback: "onReuse", error: secret });
  tell({ kind: "store-failed", error: secret });
  tell({ kind: "audit-failed", error: secret, repeated: false });
  tell({ kind: "audit-failed", error: secret, repeated: true });
  tell({ kind: "configuration", change: "reloaded" });
  assert.deepEqual(
    warned.map(([text]) => text),
    [
      "sallyport: session r was ended: an old token came back, so an attacker may hold a copy",
      "sallyport: the store had lost a write of session r; it was moved forward",
      "sallyport: the handler for basic threw Error; the caller got 503. Pass onEvent to see more",
      "sallyport: the handler for basic threw string; the caller got 503. Pass onEvent to see more",
      "sallyport: the handler for basic threw AuthError: identity.born does not survive JSON; the caller got 503. Pass onEvent to see more",
      "sallyport: the handler for basic timed out; the caller got 503. Pass onEvent to see more",
      "sallyport: the handler for basic returned no valid verdict, but a boolean; the caller got 503. Pass onEvent to see more",
      "sallyport: onReuse failed: Error",
      "sallyport: the store failed (Error); the caller got 503. Pass onEvent to see more",
      "sallyport: the audit failed (Error). Pass onEvent to hear of each record",
    ],
  );
});
