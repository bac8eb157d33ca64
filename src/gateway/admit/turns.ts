import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";

/** Runs jobs, of each caller a few at a time. */
export interface Turns {
  /**
   * @param who names the caller
   * @throws rejects with what the job rejects with, or with `AuthError` `unavailable` when the caller had no turn in time
   */
  run<T>(who: string, job: () => Promise<T>): Promise<T>;
}

interface Queue {
  underWay: number;
  readonly waiting: Set<() => void>;
}

/** How many may wait of one caller: more than the streams of a connection, and few enough to keep. */
const mostWaiting = 1_024;

/**
 * Makes turns: what one caller asks at a time waits for what the same caller has asked, and not for what others ask.
 *
 * @param most how many of one caller run at a time
 * @param waitMs how long one waits for its turn, in milliseconds
 */
export function createTurns(most: number, waitMs: number, platform: Platform): Turns {
  const queues = new Map<string, Queue>();

  function enter(who: string): Promise<Queue> {
    const queue = queues.get(who) ?? { underWay: 0, waiting: new Set() };
    queues.set(who, queue);
    if (queue.underWay < most) {
      queue.underWay += 1;
      return Promise.resolve(queue);
    }
    return new Promise((resolve, reject) => {
      const refuse = (): void => {
        queue.waiting.delete(begin);
        reject(new AuthError("unavailable", `has ${most} questions about this caller under way, and more wait`));
      };
      const begin = (): void => {
        cancel();
        queue.waiting.delete(begin);
        resolve(queue);
      };
      if (queue.waiting.size >= mostWaiting) {
        refuse();
        return;
      }
      const cancel = platform.delay(waitMs, refuse);
      queue.waiting.add(begin);
    });
  }

  /** The place goes to the one that has waited longest. */
  function leave(who: string, queue: Queue): void {
    const [next] = queue.waiting;
    if (next !== undefined) next();
    else if (--queue.underWay === 0) queues.delete(who);
  }

  return {
    async run(who, job) {
      const queue = await enter(who);
      try {
        return await job();
      } finally {
        leave(who, queue);
      }
    },
  };
}
