/** Everything that is left to chance in one run. Two with equal seeds say the same. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  chance(probability: number): boolean;
  /** A whole number, both bounds included. */
  between(least: number, most: number): number;
  /** A whole number of at least 1 whose mean is about `mean`: the gaps of a Poisson stream. */
  gap(mean: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(count: number): Uint8Array;
}

/** xorshift128 over a seed that was mixed: fast, and good enough for a network. Never for secrets. */
export function createRandom(seed: number): Random {
  let a = mix(seed, 1);
  let b = mix(seed, 2);
  let c = mix(seed, 3);
  let d = mix(seed, 4) | 1;

  function word(): number {
    const t = a ^ (a << 11);
    a = b;
    b = c;
    c = d;
    d = d ^ (d >>> 19) ^ (t ^ (t >>> 8));
    return d >>> 0;
  }
  const next = () => word() / 2 ** 32;
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));

  return {
    next,
    between,
    chance: (probability) => next() < probability,
    gap: (mean) => 1 + Math.floor(-Math.log(1 - next()) * mean),
    pick: (from) => from[between(0, from.length - 1)] as (typeof from)[number],
    bytes: (count) => Uint8Array.from({ length: count }, () => word() & 0xff),
  };
}

/** A seed of its own for each part of a seeded whole. */
export function mix(seed: number, part: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(part + 0x7f4a7c15, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}
