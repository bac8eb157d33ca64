import { Code, ConnectError } from "@connectrpc/connect";
import type { Closing } from "./closing.js";
import type { Delay } from "./delay.js";

/** The options of one attempt at a call. */
export interface CallAttempt {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The pause between two attempts: the first and the longest in milliseconds, and the factor of growth. */
const pause = { firstMs: 50, growth: 1.6, longestMs: 2_000 };

/**
 * Makes a call, and repeats it while no connection can be made: the server is starting, or its name does not resolve
 * yet. A call that was sent is not repeated.
 *
 * @param timeoutMs the limit for all attempts together in milliseconds; 0 is no limit
 * @param closing ends the attempts
 * @throws the error of the call; `DeadlineExceeded`, with the last failure as its cause, when no connection was made in
 *   time
 */
export async function waitForReady<T>(
  timeoutMs: number,
  wait: Delay,
  closing: Pick<Closing, "on">,
  attempt: (how: CallAttempt) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  let last: unknown;
  const late = () =>
    new ConnectError("the server did not answer in time", Code.DeadlineExceeded, undefined, undefined, last);
  const stop = () => controller.abort(new ConnectError("the client was closed", Code.Canceled));
  const cancelTimer = timeoutMs > 0 ? wait(timeoutMs, () => controller.abort(late())) : () => {};
  const leave = closing.on(stop);
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
    leave();
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

/**
 * Node's codes of errors before anything is sent. A browser does not reveal the reason, so there a call is not
 * repeated.
 */
const unconnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isUnconnected(error: unknown): boolean {
  // Connect wraps the error, and `fetch` wraps it again.
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (unconnected.has(String((cause as { code?: unknown }).code))) return true;
  }
  return false;
}
