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
 * Codes of errors before anything is sent, in Node and in Bun. A browser does not reveal the reason, so there a call is
 * not repeated.
 */
const unconnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
]);

/** The error of Deno's `fetch` has no code; the message of its cause says that no connection was made. */
const denoUnconnected = /\b(?:tcp connect error|dns error: .*temporary failure)\b/i;

function isUnconnected(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      unconnected.has(String((cause as { readonly code?: unknown }).code)) || denoUnconnected.test(cause.message),
  );
}

/**
 * Converts the failure of a connection, which `fetch` throws as a `TypeError`, to `Unavailable`: gRPC's code for it. Any
 * other error is returned as it is.
 */
export function toNetworkError(error: unknown): ConnectError {
  const known = ConnectError.from(error);
  const isNetwork = isUnconnected(error) || causesOf(error).some((cause) => cause instanceof TypeError);
  if (known.code !== Code.Unknown || !isNetwork) return known;
  return new ConnectError(known.rawMessage, Code.Unavailable, known.metadata, undefined, error);
}

/** Returns an error and its causes: Connect wraps the error, and `fetch` wraps it again. */
function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) causes.push(cause);
  return causes;
}
