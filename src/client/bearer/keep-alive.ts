import type { Interceptor } from "@connectrpc/connect";
import type { Delay } from "./delay.js";

/**
 * Keeps a session in use that would end as idle: while only streams are open, since a stream presents its token once, at its
 * start; or, once started, while nothing is called at all.
 */
export interface KeepAlive {
  /** To be put on the transport: counts the open streams and notes the unary calls. */
  readonly interceptor: Interceptor;
  /** From now on also without a stream. */
  start(): void;
  stop(): void;
}

/** Calls `refresh` whenever no unary call has begun for `intervalMs`, while it is on. Its failures are its own. */
export function createKeepAlive(intervalMs: number, refresh: () => Promise<unknown>, delay: Delay): KeepAlive {
  let openStreams = 0;
  let started = false;
  let cancel: (() => void) | undefined;

  function disarm(): void {
    cancel?.();
    cancel = undefined;
  }

  function rearm(): void {
    disarm();
    if (openStreams === 0 && !started) return;
    cancel = delay(intervalMs, () => {
      refresh().catch(() => {}); // the next one may do better; a call of the user's will tell what is wrong
      rearm();
    });
  }

  return {
    interceptor: (next) => (request) => {
      if (request.stream && !request.signal.aborted) {
        openStreams++;
        // A transport aborts this signal when the call ends, in whatever way.
        request.signal.addEventListener("abort", closed, { once: true });
        if (cancel === undefined) rearm();
      } else if (!request.stream && cancel !== undefined) {
        rearm();
      }
      return next(request);
    },
    start() {
      started = true;
      if (cancel === undefined) rearm();
    },
    stop() {
      started = false;
      disarm();
    },
  };

  function closed(): void {
    openStreams--;
    if (openStreams === 0 && !started) disarm();
  }
}
