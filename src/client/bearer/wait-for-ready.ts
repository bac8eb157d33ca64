import { Code, ConnectError } from "@connectrpc/connect";
import type { Delay } from "./delay.js";

/** How a call is to be made. */
export interface CallAttempt {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Between two attempts, in milliseconds: the first pause, how it grows, and the longest. */
const pause = { firstMs: 50, growth: 1.6, longestMs: 2_000 };

/**
 * Makes a call, and makes it again while nobody listens there: a server that is starting, a name that does not resolve yet.
 * What was sent is not sent again.
 *
 * @param timeoutMs for all attempts together; 0 is no limit
 * @param stopped when it is aborted, nothing is tried any more
 * @throws what the call failed with; `DeadlineExceeded` with the last failure as its cause when nobody listened in time
 */
export async function waitForReady<T>(
  timeoutMs: number,
  wait: Delay,
  stopped: AbortSignal,
  attempt: (how: CallAttempt) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  let last: unknown;
  const late = () => new ConnectError("nobody answered in time", Code.DeadlineExceeded, undefined, undefined, last);
  const stop = () => controller.abort(new ConnectError("the client was closed", Code.Canceled));
  const cancelTimer = timeoutMs > 0 ? wait(timeoutMs, () => controller.abort(late())) : () => {};
  stopped.addEventListener("abort", stop);
  if (stopped.aborted) stop();
  try {
    for (let waitMs = pause.firstMs; ; waitMs = Math.min(waitMs * pause.growth, pause.longestMs)) {
      signal.throwIfAborted();
      try {
        return await attempt({ timeoutMs, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!isUnconnected(error)) throw error;
        last = error;
      }
      await sleep(waitMs, wait, signal);
    }
  } finally {
    cancelTimer();
    stopped.removeEventListener("abort", stop);
  }
}

function sleep(ms: number, wait: Delay, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = wait(ms, done);
    signal.addEventListener("abort", done);
  });
}

/** What a connection fails with before anything is sent, as Node names it. A browser does not tell, and is not asked twice. */
const unconnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isUnconnected(error: unknown): boolean {
  // Wrapped by Connect, and by `fetch` once more.
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (unconnected.has(String((cause as { code?: unknown }).code))) return true;
  }
  return false;
}
