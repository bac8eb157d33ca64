import type { Platform } from "../../base/platform.js";
import type { OneTimeProofs } from "../handler.js";

export interface WaitingOptions {
  readonly waitMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerSource: number;
  readonly platform: Platform;
}

/** The waiting client, as the browser's side sees it. */
export interface Waiting {
  /** The client's address as the source of log-ins; `undefined` when it is unknown. */
  readonly source?: string | undefined;
}

export type Waited = { readonly kind: "result"; readonly json: string } | { readonly kind: "over" | "full" | "used" };

/**
 * Log-ins that wait for a browser. The answer reaches them through the store, since the browser may use another node.
 */
export interface WaitingRoom {
  /**
   * Waits for `announce` of this name on any node. `used`: the name was used before. `over`: no answer came in time.
   * `full`: too many clients wait.
   */
  wait(name: string, waiting: Waiting, proofs: OneTimeProofs, signal: AbortSignal): Promise<Waited>;
  /**
   * Returns the client that waits under this name, to one browser, once. It waits a moment, since a client may call
   * after the browser that it opened; then `undefined`.
   */
  claim(name: string, proofs: OneTimeProofs): Promise<Waiting | undefined>;
  announce(name: string, json: string, proofs: OneTimeProofs): Promise<void>;
}

/**
 * The interval at which a waiting client asks the store: people do not notice a second, and a thousand clients cost
 * some 40 ms of it.
 */
const lookMs = 1_000;

/** How long a browser waits for the client that opened it. */
const claimMs = 5_000;

/** How long a result is kept. A waiting client looks every second; the rest is for a slow store or node. */
const resultMs = 60_000;

export function createWaitingRoom({ waitMs, maxWaiting, maxWaitingPerSource, platform }: WaitingOptions): WaitingRoom {
  /** Wakes a waiting client at once when the answer comes to this node. */
  const wakers = new Map<string, () => void>();
  const perSource = new Map<string, number>();
  let waitingHere = 0;

  function sleep(ms: number, name?: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        signal?.removeEventListener("abort", wake);
        if (name !== undefined) wakers.delete(name);
        resolve();
      };
      const cancel = platform.delay(ms, wake, true);
      signal?.addEventListener("abort", wake);
      if (name !== undefined) wakers.set(name, wake);
    });
  }

  /**
   * Takes a place for a waiting client. A client without a known source counts towards the common limit only.
   *
   * @returns a function that frees the place; `undefined` when there is none
   */
  function enter(source: string | undefined): (() => void) | undefined {
    const others = source === undefined ? 0 : (perSource.get(source) ?? 0);
    if (waitingHere >= maxWaiting || others >= maxWaitingPerSource) return undefined;
    waitingHere++;
    if (source !== undefined) perSource.set(source, others + 1);
    return () => {
      waitingHere--;
      if (source === undefined) return;
      const left = (perSource.get(source) ?? 1) - 1;
      if (left === 0) perSource.delete(source);
      else perSource.set(source, left);
    };
  }

  async function untilResult(name: string, proofs: OneTimeProofs, signal: AbortSignal): Promise<Waited> {
    const deadline = platform.monotonic() + waitMs;
    for (;;) {
      const json = await proofs.take(`result ${name}`);
      if (json !== undefined) return { kind: "result", json };
      const left = deadline - platform.monotonic();
      if (left <= 0 || signal.aborted) return { kind: "over" };
      await sleep(Math.min(left, lookMs), name, signal);
    }
  }

  return {
    async wait(name, waiting, proofs, signal) {
      const leave = enter(waiting.source);
      if (leave === undefined) return { kind: "full" };
      try {
        // Kept for longer than any other record of this log-in, so that a second client with the same key is refused.
        if (!(await proofs.put(`key ${name}`, "{}", waitMs + claimMs + resultMs))) return { kind: "used" };
        await proofs.put(`waiting ${name}`, JSON.stringify(waiting), waitMs);
        const waited = await untilResult(name, proofs, signal);
        // Otherwise a person would be asked to confirm the log-in of a client that has left.
        if (waited.kind === "over") await proofs.take(`waiting ${name}`);
        return waited;
      } finally {
        leave();
      }
    },

    async claim(name, proofs) {
      const deadline = platform.monotonic() + claimMs;
      for (;;) {
        const json = await proofs.take(`waiting ${name}`);
        if (json !== undefined) return JSON.parse(json) as Waiting;
        if (platform.monotonic() >= deadline) return undefined;
        await sleep(lookMs / 4);
      }
    },

    async announce(name, json, proofs) {
      await proofs.put(`result ${name}`, json, resultMs);
      wakers.get(name)?.();
    },
  };
}
