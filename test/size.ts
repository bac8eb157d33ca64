import { it, type TestFn } from "node:test";

/**
 * How much is done of what takes long by its nature. `npm test` does a part of it; `SALLYPORT_TEST_SIZE=full`, as in
 * `.ci/run`, does all.
 */
export const isFull: boolean = process.env.SALLYPORT_TEST_SIZE === "full";

/** The number for `npm test`, and the one for `.ci/run`. */
export function sized(quick: number, full: number): number {
  return isFull ? full : quick;
}

/**
 * Ends a test that hangs, in milliseconds. No measure of speed: beside others on a busy machine a test may take thirty
 * times as long as alone.
 */
export const hangMs = 120_000;

/** A test that only the full size has. */
export function itInFull(name: string, run: TestFn): void {
  if (isFull) void it(name, run);
}
