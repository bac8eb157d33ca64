import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Awaitable } from "../../base/awaitable.js";
import type { OptionKinds } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { SessionRules } from "../../model/session.js";
import type { NewSession, OpenReading, Reading, SessionCaps, SessionChange, Store } from "../../model/store.js";

/** The store under test. */
export interface StoreUnderTest {
  /** The store, empty. */
  readonly store: Store;
  /** Opens another handle on the same data, as another node would. Leave it out if there cannot be one. */
  again?(): Awaitable<Store>;
  /** Removes the data that `create` made. `store` is closed before. */
  close?(): Awaitable<void>;
}

/** The store under test, and the clock that it uses. */
export interface StoreSuiteOptions {
  /** Makes an empty store. `platform` has a clock that the suite sets, for a store with `clock: "platform"`. */
  create(platform: Platform): Awaitable<StoreUnderTest>;
  /**
   * The clock that the store uses: `"platform"`, which the suite sets, or its `"own"`, for which the suite waits (some
   * 20 s in all). Default: `"own"`.
   */
  readonly clock?: "platform" | "own" | undefined;
}

/** The names and kinds of `StoreSuiteOptions`. */
export const storeSuiteKinds: OptionKinds<StoreSuiteOptions> = { create: "function!", clock: ["platform", "own"] };

/** The context of one test of the suite. */
export interface SuiteContext {
  readonly store: Store;
  readonly clock: "platform" | "own";
  readonly platform: Platform;
  /** Returns a second handle, or the same store if there cannot be one. */
  other(): Promise<Store>;
  /** Advances the store's clock. */
  wait(ms: number): Promise<void>;
  open(session?: Partial<NewSession>, caps?: SessionCaps): Promise<OpenReading>;
  load(ref: string): Promise<Reading>;
  /** Swaps a fresh reading; fails the test when the swap is refused. */
  change(ref: string, change: SessionChange): Promise<Reading>;
}

export type StoreTest = (name: string, body: (context: SuiteContext) => Promise<void>) => void;

/** Durations that are short enough to wait for, and different enough to be distinguished. */
export const shortRules: SessionRules = Object.freeze({
  policy: "confirm-then-cut",
  rotateAfterMs: 200,
  overlapMs: 50,
  stragglerMs: 100,
  lifetimeMs: 400,
  idleMs: 600,
  absoluteMs: 3_000,
  unclaimedMs: 300,
});

/** Durations by which no session ends by itself while a test runs. */
export const longRules: SessionRules = Object.freeze({
  ...shortRules,
  rotateAfterMs: 600_000,
  idleMs: 3_600_000,
  absoluteMs: 36_000_000,
  unclaimedMs: 1_800_000,
});

/** The realm of the suite's sessions, where a test names no other. */
export const realm = "example";

export const wideCaps: SessionCaps = Object.freeze({ claimed: 1_000, unclaimed: 1_000 });

/** The number of concurrent calls in tests: as many as a busy client makes. */
export const crowd = 64;

/** Makes a ref that looks like a real one: 22 characters of base64url. */
export function nthRef(index: number): string {
  return `ref${String(index).padStart(19, "0")}`;
}

export function createStoreTest(options: StoreSuiteOptions): StoreTest {
  const clock = options.clock ?? "own";
  return (name, body) =>
    void test(name, async () => {
      // An arbitrary instant of a whole second, so that no test depends on the real time.
      let now = 1_900_000_000_000;
      const platform: Platform = { ...systemPlatform, now: () => now };
      const { store, again, close } = await options.create(platform);
      const handles: Store[] = [];
      let opened = 0;
      const context: SuiteContext = {
        store,
        clock,
        platform,
        async other() {
          if (again === undefined) return store;
          const handle = await again();
          handles.push(handle);
          return handle;
        },
        async wait(ms) {
          if (clock === "platform") now += ms;
          else await sleep(ms);
        },
        async open(session = {}, caps = wideCaps) {
          opened += 1;
          const subject = session.subject ?? "ada";
          return store.openSession({ ...defaults(subject), ref: nthRef(opened), ...session }, caps, true);
        },
        async load(ref) {
          const reading = await store.loadSession(ref);
          assert.ok(reading, `there is no session ${ref}`);
          return reading;
        },
        async change(ref, change) {
          const swapped = await store.swapSession(await context.load(ref), change, false);
          assert.ok(swapped, `the change of ${ref} was refused`);
          return swapped;
        },
      };
      try {
        await body(context);
      } finally {
        for (const handle of handles) await handle.close();
        await store.close();
        await close?.();
      }
    });
}

function defaults(subject: string): Omit<NewSession, "ref"> {
  const identity = JSON.stringify({ subject });
  return { realm, subject, actor: null, identity, scheme: "basic", rules: longRules, keyId: 7, claimed: true };
}

/** Waits until a condition holds, such as the arrival of an event from another node; the event loop runs meanwhile. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (holds()) return;
    await sleep(10);
  }
  assert.fail(`${what}: not within 5 s`);
}

export async function times<T>(count: number, action: (index: number) => Awaitable<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => action(index)));
}
