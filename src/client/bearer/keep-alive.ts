import type { Interceptor } from "@connectrpc/connect";
import type { Delay } from "./delay.js";

/**
 * Keeps a session from ending as idle while streams are open, since a stream presents its token only at its start;
 * after `start`, also without any call.
 */
export interface KeepAlive {
  /** The interceptor for the transport. It counts the open streams and notices unary calls. */
  readonly interceptor: Interceptor;
  /** Keeps the session alive from now on, also without a stream. */
  start(): void;
  stop(): void;
}

/**
 * Makes a keep-alive that calls `refresh` when no unary call has begun for `intervalMs`. Errors of `refresh` are
 * ignored.
 */
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
      refresh().catch(() => {}); // the next one may succeed; the application's own calls report the error
      rearm();
    });
  }

  return {
    interceptor: (next) => (request) => {
      if (request.stream && !request.signal.aborted) {
        openStreams++;
        // A transport aborts this signal when the call ends, with or without an error.
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
