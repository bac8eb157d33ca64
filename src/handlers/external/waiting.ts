import type { Platform } from "../../base/platform.js";
import type { OneTimeProofs } from "../handler.js";

export interface WaitingOptions {
  readonly waitMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingPerSource: number;
  readonly platform: Platform;
}

/** Who waits, as the browser's side is told. */
export interface Waiting {
  /** Where the waiting client is; `undefined` when a proxy that we trust stands before it. */
  readonly source?: string | undefined;
}

export type Waited = { readonly kind: "result"; readonly json: string } | { readonly kind: "over" | "full" | "used" };

/** Log-ins that wait for a browser: they meet its answer in the store, since it may have come to another node. */
export interface WaitingRoom {
  /** Waits for `announce` of this name on any node: `used` when the name was here before, `over` when nobody came. */
  wait(name: string, waiting: Waiting, proofs: OneTimeProofs, signal: AbortSignal): Promise<Waited>;
  /** Who waits under this name: told once, to one browser. A client may come a moment after the browser that it opened. */
  claim(name: string, proofs: OneTimeProofs): Promise<Waiting | undefined>;
  announce(name: string, json: string, proofs: OneTimeProofs): Promise<void>;
}

/** A question to the store each second: nobody notices the second, and a thousand who wait cost some 40 ms of it. */
const lookMs = 1_000;

/** How long a browser waits for the client that opened it. */
const claimMs = 5_000;

/** A client that waits looks every second; this is for a store or a node that is slow. */
const resultMs = 60_000;

export function createWaitingRoom({ waitMs, maxWaiting, maxWaitingPerSource, platform }: WaitingOptions): WaitingRoom {
  /** Woken at once by an answer that comes to this node. */
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

  /** @returns how to leave again; `undefined` when there is no room. Many sources are one where they are not known. */
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
        // For longer than anything of it is good: a second client with the same key waits for nothing.
        if (!(await proofs.put(`key ${name}`, "{}", waitMs + claimMs + resultMs))) return { kind: "used" };
        await proofs.put(`waiting ${name}`, JSON.stringify(waiting), waitMs);
        const waited = await untilResult(name, proofs, signal);
        // Or a browser would be asked about a client that has left.
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
