import { rescue, withinTime } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Emit } from "../model/events.js";
import type { Ask } from "../model/store.js";

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
