import { rescue, withinTime } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Emit } from "../model/events.js";
import type { Ask } from "../model/store.js";

/**
 * Makes the function through which the engine calls the store. A failure is reported, and thrown as `AuthError`
 * `unavailable`.
 *
 * @param timeoutMs milliseconds that a promise of the store may take; a call that returns no promise has no timer
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
