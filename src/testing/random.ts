import { systemPlatform } from "../base/platform.js";

/** Repeatable randomness for tests: the same seed gives the same values everywhere. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 up to, not including, `below`. */
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
  /** Bytes with every value equally likely. */
  bytes(length: number): Uint8Array;
}

/**
 * Mulberry32: short, fast and good enough for choosing test input. Never for secrets.
 *
 * @param seed default: fresh from the machine. Print it, so that a failure can be repeated.
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
