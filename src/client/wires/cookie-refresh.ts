import type { Delay } from "../bearer/delay.js";

/** Keeps one cookie alive in the background. */
export interface CookieRefresh {
  /** Starts for a cookie with this remaining life by the server's clock, in milliseconds. */
  start(leftMs: number): void;
  /** Adds the milliseconds by which a refresh has moved the deadline. */
  extended(ms: number): void;
  stop(): void;
}

/** How long an attempt may take, which is also assumed for a failed one. */
export const refreshTimeoutMs: number = 10_000;

const leastPauseMs = 1_000;

/** The pause when no time is left by our count, which may be too short: the server decides when the cookie is over. */
const overduePauseMs = 10_000;

/**
 * Makes a refresher that refreshes half-way to the deadline, and half-way again after a failure. The deadline is by the
 * server's clock, so the local clock, which may be wrong, is not read: the pauses are subtracted from the remaining
 * life, and the gain of each refresh is added.
 *
 * @param refresh refreshes the cookie and calls `extended`; `false` when the cookie is invalid, which stops the
 *   refresher
 */
export function createCookieRefresh(refresh: () => Promise<boolean>, delay: Delay): CookieRefresh {
  let leftMs = 0;
  let run = 0;
  let cancel: (() => void) | undefined;

  function arm(own: number): void {
    const pauseMs = leftMs > 0 ? Math.max(leftMs / 2, leastPauseMs) : overduePauseMs;
    cancel = delay(pauseMs, () => {
      leftMs -= pauseMs;
      void attempt(own);
    });
  }

  async function attempt(own: number): Promise<void> {
    const alive = await refresh().catch(() => undefined); // the application's own calls report the error
    if (own !== run) return;
    if (alive === undefined) leftMs -= refreshTimeoutMs;
    if (alive !== false) arm(own);
  }

  function stop(): void {
    run += 1;
    cancel?.();
    cancel = undefined;
  }

  return {
    start(ms) {
      stop();
      leftMs = ms;
      arm(run);
    },
    extended(ms) {
      leftMs += ms;
    },
    stop,
  };
}
