import type { Awaitable } from "./handlers/handler.js";
import type { Platform } from "./platform.js";

/** The answer, or a rejection when it has not come within `ms` milliseconds. One that is there at once is never timed. */
export function withinTime<T>(answer: Awaitable<T>, platform: Platform, ms: number): Awaitable<T> {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    const cancel = platform.delay(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    answer.then(resolve, reject).finally(cancel);
  });
}
