/** One way of hashing passwords, and how to check that a stored hash is worth anything. */
export interface HashKind {
  readonly name: string;
  /** The package that computes it. */
  readonly library: string;
  /** Whether a hash, or the text of its cost, is of this kind. */
  owns(hash: string): boolean;
  /** What is wrong with a hash, and what to do; `undefined` when it is fine. Never shows the hash. */
  fault(hash: string): string | undefined;
  /** The parameters of a hash, as text: two hashes with equal ones take the same time. */
  costOf(hash: string): string;
  /**
   * A hash that no password has, which costs what a real one with these parameters costs: it is checked for users who
   * do not exist.
   */
  decoy(cost: string, random: (bytes: number) => Uint8Array): string;
  /** Whether the password is the one that was hashed. Runs outside the event loop, as long for any password. */
  verify(hash: string, password: string): Promise<boolean>;
  /** Native code of some megabytes, loaded when the first file or hash needs it. */
  load(): Promise<unknown>;
}

/** The kind of a hash that has passed its `fault`. */
export function kindOf(kinds: readonly HashKind[], hash: string): HashKind {
  const kind = kinds.find((each) => each.owns(hash));
  if (kind === undefined) throw new TypeError("A hash of no known kind was let through");
  return kind;
}
