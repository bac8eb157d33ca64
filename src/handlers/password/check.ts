import { AuthError } from "../../base/errors.js";
import { type HashKind, kindOf, maxPasswordLength } from "./hash.js";
import { canonicalUserName, type UserEntry } from "./user-file-format.js";

export interface PasswordCheck {
  /** The user, when there is one who is not disabled and whose password this is. */
  check(name: string, password: string): Promise<UserEntry | undefined>;
  /** The user of this name, unless disabled. */
  find(name: string): UserEntry | undefined;
}

export interface PasswordCheckOptions {
  readonly users: ReadonlyMap<string, UserEntry>;
  /** The kinds that the users' hashes are of. */
  readonly kinds: readonly HashKind[];
  readonly random: (bytes: number) => Uint8Array;
  /** In place of the kinds' own, for tests that count. */
  readonly verifyHash?: ((hash: string, password: string) => Promise<boolean>) | undefined;
}

/**
 * Checks passwords so that nobody learns who has an account: an unknown user, a wrong password and a disabled user run
 * the same hash computations as a good log-in (Traefik CVE-2026-32595: 298 times slower for a known user).
 *
 * Where hashes in one file have different parameters, each attempt runs one computation of every kind. So a file that
 * is half-way to stronger parameters costs the sum of both until it is all the way.
 */
export function createPasswordCheck({ users, kinds, random, verifyHash }: PasswordCheckOptions): PasswordCheck {
  const costOf = (hash: string) => kindOf(kinds, hash).costOf(hash);
  const costs = new Set([...users.values()].map((user) => costOf(user.hash)));
  const decoys = [...costs].map((cost) => {
    const kind = kindOf(kinds, cost);
    return { cost, hash: kind.decoy(cost, random), verify: verifyHash ?? kind.verify };
  });
  return {
    find(name) {
      const user = users.get(canonicalUserName(name));
      return user?.disabled === false ? user : undefined;
    },
    async check(name, password) {
      // Says nothing about an account: none has such a name or password. It bounds the work before any hashing.
      if (name.length > maxPasswordLength || password.length > maxPasswordLength) return undefined;
      const user = users.get(canonicalUserName(name));
      const ownCost = user && costOf(user.hash);
      let right = false;
      for (const decoy of decoys) {
        const isOwn = decoy.cost === ownCost;
        const matches = await decoy.verify(isOwn && user ? user.hash : decoy.hash, password);
        right ||= isOwn && matches;
      }
      return right && user?.disabled === false ? user : undefined;
    },
  };
}

/**
 * Runs at most `running` pieces of work at a time, and lets at most `waiting` more wait in order.
 *
 * @throws {AuthError} `unavailable`, by rejection, for anything beyond: a flood must not occupy every thread of libuv,
 *   which serve files and names too, nor pile up without end.
 */
export function createLimit(running: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = running;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else if (queue.length >= waiting) throw new AuthError("unavailable", "Too many log-ins at once");
    else await new Promise<void>((resume) => queue.push(resume));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}
