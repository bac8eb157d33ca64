import { rescue } from "../awaitable.js";
import { AuthError } from "../errors.js";
import type { OnEvent } from "../events.js";
import type { Awaitable } from "../handlers/handler.js";
import type { Platform } from "../platform.js";

/** Asks a store something in bounded time. Throws or rejects with `AuthError` `unavailable` when it cannot answer. */
export type Ask = <T>(question: () => Awaitable<T>) => Awaitable<T>;

/**
 * @param timeoutMs how long a promise of the store may take. A store that answers at once is never timed.
 */
export function createAsk(platform: Platform, timeoutMs: number, emit: OnEvent): Ask {
  return (question) =>
    rescue(
      () => {
        const answer = question();
        return answer instanceof Promise ? withDeadline(answer, platform, timeoutMs) : answer;
      },
      (error) => {
        emit({ kind: "store-failed", error });
        throw new AuthError("unavailable", "the session store cannot answer now; try again", { cause: error });
      },
    );
}

function withDeadline<T>(answer: Promise<T>, platform: Platform, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = platform.delay(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    answer.then(resolve, reject).finally(cancel);
  });
}
