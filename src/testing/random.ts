import { systemPlatform } from "../base/platform.js";

/** Repeatable randomness for tests: the same seed gives the same values on every machine. */
export interface Random {
  readonly seed: number;
  /** Returns a whole number from 0 up to, not including, `below`. */
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
  /** Returns bytes with every value equally likely. */
  bytes(length: number): Uint8Array;
}

/**
 * Makes a generator by Mulberry32: short, fast and good enough to choose test input. Do not use it for secrets.
 *
 * @param seed print it, so that a failure can be repeated. Default: a random one
 */
export function createRandom(seed: number = freshSeed()): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const int = (below: number) => next() % below;
  return {
    seed: seed >>> 0,
    int,
    pick: <T>(items: readonly T[]) => items[int(items.length)] as T,
    bytes: (length) => Uint8Array.from({ length }, () => int(256)),
  };
}

function freshSeed(): number {
  return Buffer.from(systemPlatform.random(4)).readUInt32LE();
}
