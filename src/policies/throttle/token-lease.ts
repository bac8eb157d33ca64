import { type Awaitable, after } from "../../base/awaitable.js";

/** Tokens of a bucket that all nodes share, fetched a few at a time: a row that every log-in changes would be a queue. */
export interface TokenLease {
  /** `false` when there is none anywhere. */
  take(): Awaitable<boolean>;
  putBack(): void;
}

/**
 * @param size how many to fetch; so many at most stay unused here
 * @param fetch takes up to so many from the bucket; returns how many it got
 */
export function createTokenLease(size: number, fetch: (wanted: number) => Awaitable<number>): TokenLease {
  let spare = 0;
  let fetching: Promise<number> | undefined;

  function use(got: number): boolean {
    if (got === 0) return false;
    spare = Math.min(size, spare + got) - 1;
    return true;
  }

  function take(): Awaitable<boolean> {
    if (spare > 0) {
      spare -= 1;
      return true;
    }
    // One fetches for all who wait; there may be fewer than they are.
    if (fetching !== undefined) return fetching.then((got) => got > 0 && take());
    const got = fetch(size);
    if (!(got instanceof Promise)) return use(got);
    fetching = got.finally(() => {
      fetching = undefined;
    });
    return after(fetching, use);
  }

  return {
    take,
    putBack() {
      spare = Math.min(size, spare + 1);
    },
  };
}
