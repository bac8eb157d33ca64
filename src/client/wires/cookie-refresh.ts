import type { Delay } from "../bearer/delay.js";

/** Keeps one cookie alive in the background. */
export interface CookieRefresh {
  /** A cookie, with what is left of its life by the server's clock, in milliseconds. */
  start(leftMs: number): void;
  /** It was refreshed: its deadline has moved on by so much. */
  extended(ms: number): void;
  stop(): void;
}

/** An attempt may take this long; one that failed may have. */
export const refreshTimeoutMs: number = 10_000;

const leastPauseMs = 1_000;

/** When nothing is left by our count, which errs on the short side: the server says when it is really over. */
const overduePauseMs = 10_000;

/**
 * Refreshes half-way to the deadline, and half-way again while that fails. The deadline is the server's, so nothing here reads
 * a clock that may be wrong: what is left is counted down by the pauses, and up by what each refresh has gained.
 *
 * @param refresh calls `extended`; `false` when the cookie is dead, and then it was the last one
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
    const alive = await refresh().catch(() => undefined); // a call of the user's will tell what is wrong
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
