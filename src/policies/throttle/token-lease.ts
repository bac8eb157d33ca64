import { type Awaitable, after } from "../../base/awaitable.js";

/**
 * Tokens of a bucket that all nodes share, fetched several at a time: a row that every log-in changes would make
 * log-ins wait for each other.
 */
export interface TokenLease {
  /** Takes a token; `false` when the bucket is empty. */
  take(): Awaitable<boolean>;
  putBack(): void;
}

/**
 * Makes the lease of one process.
 *
 * @param size how many tokens to fetch at a time, and the most that stay unused here
 * @param fetch takes up to `wanted` tokens from the bucket and returns how many it got
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
    // One call fetches for all that wait, and may get fewer tokens than calls wait.
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
