import { rescue } from "../awaitable.js";
import { withinTime } from "../deadline.js";
import { AuthError } from "../errors.js";
import type { Emit } from "../events.js";
import type { Awaitable } from "../handlers/handler.js";
import type { Platform } from "../platform.js";

/** Asks a store something in bounded time. Throws or rejects with `AuthError` `unavailable` when it cannot answer. */
export type Ask = <T>(question: () => Awaitable<T>) => Awaitable<T>;

/**
 * @param timeoutMs how long a promise of the store may take. A store that answers at once is never timed.
 */
export function createAsk(platform: Platform, timeoutMs: number, emit: Emit): Ask {
  return (question) =>
    rescue(
      () => withinTime(question(), platform, timeoutMs),
      (error) => {
        emit({ kind: "store-failed", error });
        throw new AuthError("unavailable", "the session store cannot answer now; try again", { cause: error });
      },
    );
}
