import { adopt } from "./awaitable.js";

/**
 * Calls somebody who only watches. What they throw, or reject with, is their own fault: it must neither change a
 * decision nor end the process, and the next one must hear of it too.
 */
export function quietly(call: () => unknown): void {
  try {
    const answer = adopt(call());
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // As above.
  }
}
