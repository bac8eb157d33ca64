import { createHmac, createSecretKey } from "node:crypto";
import type { Awaitable } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Allowed } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { ProvedAt } from "../model/log-in.js";
import type { Handler, Verdict } from "./handler.js";

/** Credentials that were right a moment ago. */
export interface RememberedCredentials<I extends Identity = Identity> {
  readonly allowed: Allowed<I>;
  /** Monotonic instant before they were checked. */
  readonly checkedAt: number;
  /** Milliseconds since 1970: when the credentials themselves end. */
  readonly expiresAt: number | undefined;
  readonly provedAt: ProvedAt;
}

/** A verdict, and the monotonic instant before the check that gave it. */
export interface Checked<I extends Identity = Identity> {
  readonly verdict: Verdict<I>;
  readonly checkedAt: number;
}

/**
 * Remembers *that* credentials were right, for those who send a password with every call: never the credentials, and
 * never a session. Keys are HMACs under a random key of this process, so a memory dump holds no password to guess at
 * more cheaply than the store's hash.
 */
export interface CredentialMemory<I extends Identity = Identity> {
  /** Under the handler's epoch, so that an edited user file is asked anew. Holds no space. */
  keyOf(handler: Pick<Handler, "scheme" | "epoch">, payload: string | Uint8Array): string;
  find(key: string): RememberedCredentials<I> | undefined;
  /**
   * @param forMs how long; shorter where the credentials end sooner.
   * @param epoch as it was before the check: whoever was forgotten meanwhile stays forgotten.
   */
  remember(key: string, entry: RememberedCredentials<I>, forMs: number, epoch: number): void;
  /** One more with every `forget`. */
  readonly epoch: number;
  /** One check for all who present the same credentials at once: a fleet that reconnects costs one hash. */
  share<T>(key: string, check: () => Awaitable<T>): Awaitable<T>;
  /** Every credential of this subject, as identity or actor; of everybody without one. */
  forget(subject?: string): void;
}

/** Enough for a fleet; beyond it the ones remembered longest are checked again. */
const maxRemembered = 10_000;

export function createCredentialMemory<I extends Identity>(platform: Platform): CredentialMemory<I> {
  const processKey = createSecretKey(platform.random(32));
  const entries = new Map<string, { readonly entry: RememberedCredentials<I>; readonly until: number }>();
  const checks = new Map<string, Promise<unknown>>();
  let epoch = 0;

  return {
    // Neither scheme nor epoch holds a space, and text is another proof than bytes: no two proofs make one input.
    keyOf: (handler, payload) =>
      createHmac("sha256", processKey)
        .update(`${handler.scheme.toLowerCase()} ${handler.epoch?.() ?? ""} ${typeof payload === "string"} `)
        .update(payload)
        .digest("base64"),
    find(key) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      if (platform.monotonic() < found.until) return found.entry;
      entries.delete(key);
      return undefined;
    },
    get epoch() {
      return epoch;
    },
    remember(key, entry, forMs, checkedInEpoch) {
      if (checkedInEpoch !== epoch) return;
      if (entries.size >= maxRemembered) {
        const oldest = entries.keys().next();
        if (!oldest.done) entries.delete(oldest.value);
      }
      entries.set(key, { entry, until: entry.checkedAt + forMs });
    },
    share<T>(key: string, check: () => Awaitable<T>): Awaitable<T> {
      const running = checks.get(key);
      // A key is asked about one kind of answer only.
      if (running !== undefined) return running as Promise<T>;
      const answer = check();
      if (!(answer instanceof Promise)) return answer;
      checks.set(key, answer);
      const done = () => checks.get(key) === answer && checks.delete(key);
      answer.then(done, done);
      return answer;
    },
    forget(subject) {
      epoch += 1;
      checks.clear(); // who presents them now must not join a check from before
      for (const [key, { entry }] of entries) {
        const { identity, actor } = entry.allowed.caller;
        if (subject === undefined || identity.subject === subject || actor?.subject === subject) entries.delete(key);
      }
    },
  };
}
