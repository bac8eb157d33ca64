import type { Interceptor } from "@connectrpc/connect";

/** Calls back once after `ms` milliseconds; returns a function that cancels it. */
export type Delay = (ms: number, done: () => void) => () => void;

/** The platform's timer. In Node it never keeps the process alive; a browser's timer is a number and needs no such care. */
export const systemDelay: Delay = (ms, done) => {
  const timer: unknown = setTimeout(done, ms);
  (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
};

/**
 * Keeps a session in use while only streams are open: a stream presents its token once, at its start, and a session
 * that nobody presents for long ends as idle, and its streams with it.
 */
export interface KeepAlive {
  /** To be put on the transport: counts the open streams and notes the unary calls. */
  readonly interceptor: Interceptor;
  stop(): void;
}

/** Calls `refresh` whenever a stream has been open, and no unary call begun, for `intervalMs`. Its failures are its own. */
export function createKeepAlive(intervalMs: number, refresh: () => Promise<unknown>, delay: Delay): KeepAlive {
  let openStreams = 0;
  let cancel: (() => void) | undefined;

  function disarm(): void {
    cancel?.();
    cancel = undefined;
  }

  function rearm(): void {
    disarm();
    if (openStreams === 0) return;
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
    stop: disarm,
  };

  function closed(): void {
    openStreams--;
    if (openStreams === 0) disarm();
  }
}
