import { createHmac, createSecretKey } from "node:crypto";
import { type Awaitable, atOnce } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Allowed } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { ProvedAt } from "../model/log-in.js";
import type { Handler, Verdict } from "./handler.js";

/** The result for credentials that were accepted recently. */
export interface RememberedCredentials<I extends Identity = Identity> {
  readonly allowed: Allowed<I>;
  /** What let the caller in, as the handler said. */
  readonly via: string | undefined;
  /** The monotonic instant before they were checked. */
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
 * Remembers *that* credentials were accepted, for clients that send a password with every call. It holds neither the
 * credentials nor a session. Its keys are HMACs under a random key of this process, so a memory dump holds nothing that
 * makes guessing a password cheaper than the store's hash does.
 */
export interface CredentialMemory<I extends Identity = Identity> {
  /**
   * Returns the key of credentials. It depends on the handler's epoch, so that an edited user file is asked again. It
   * has no space.
   */
  keyOf(handler: Pick<Handler, "scheme" | "epoch">, payload: string | Uint8Array): string;
  find(key: string): RememberedCredentials<I> | undefined;
  /**
   * Remembers a result, unless `forget` was called since the check began.
   *
   * @param forMs how long, in milliseconds; the caller shortens it if the credentials end sooner
   * @param epoch the `epoch` before the check
   */
  remember(key: string, entry: RememberedCredentials<I>, forMs: number, epoch: number): void;
  /** Grows by 1 with every `forget`. */
  readonly epoch: number;
  /**
   * Runs one check for all callers that present the same credentials at the same time: a fleet that reconnects costs
   * one hash.
   */
  share<T>(key: string, check: () => Awaitable<T>): Awaitable<T>;
  /** Forgets every credential of `subject`, as identity or actor; without `subject`, every credential. */
  forget(subject?: string): void;
}

/**
 * The most entries, enough for a fleet. Beyond it, the oldest entry is dropped, and its credentials are checked again.
 */
const maxRemembered = 10_000;

export function createCredentialMemory<I extends Identity>(
  platform: Platform,
  onFailure: (scheme: string, error: unknown) => void = () => undefined,
): CredentialMemory<I> {
  const processKey = createSecretKey(platform.random(32));
  const entries = new Map<string, { readonly entry: RememberedCredentials<I>; readonly until: number }>();
  const checks = new Map<string, Promise<unknown>>();
  let epoch = 0;

  /** @throws what `epoch` throws, after it was reported */
  function epochOf(handler: Pick<Handler, "scheme" | "epoch">): number | "" {
    try {
      return atOnce(() => handler.epoch?.() ?? "");
    } catch (error) {
      onFailure(handler.scheme.toLowerCase(), error);
      throw error;
    }
  }

  return {
    // Neither scheme nor epoch holds a space, and the type of the payload is included, so different credentials have
    // different inputs.
    keyOf: (handler, payload) =>
      createHmac("sha256", processKey)
        .update(`${handler.scheme.toLowerCase()} ${epochOf(handler)} ${typeof payload === "string"} `)
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
      // Each key is used with one type of answer only.
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
      checks.clear(); // a caller that presents them now must not join an earlier check
      for (const [key, { entry }] of entries) {
        const { identity, actor } = entry.allowed.caller;
        if (subject === undefined || identity.subject === subject || actor?.subject === subject) entries.delete(key);
      }
    },
  };
}
