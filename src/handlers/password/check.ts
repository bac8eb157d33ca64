import { AuthError } from "../../base/errors.js";
import { type HashKind, kindOf } from "./hash.js";
import { maxPasswordLength, spellingsOf } from "./prepare-password.js";
import { canonicalUserName, type UserEntry } from "./user-file-format.js";

export interface PasswordCheck {
  /** Returns the user, if the password is theirs and they are not disabled. */
  check(name: string, password: string): Promise<UserEntry | undefined>;
  /** Returns the user of this name, unless disabled. */
  find(name: string): UserEntry | undefined;
}

export interface PasswordCheckOptions {
  readonly users: ReadonlyMap<string, UserEntry>;
  /** The kinds of hash that the users' hashes belong to. */
  readonly kinds: readonly HashKind[];
  readonly random: (bytes: number) => Uint8Array;
  /** Replaces the kinds' own check, for tests that count. */
  readonly verifyHash?: ((hash: string, password: string) => Promise<boolean>) | undefined;
}

/**
 * Checks passwords so that the time does not reveal which accounts exist: an unknown user, a wrong password and a
 * disabled user run the same hash computations as a good log-in (Traefik CVE-2026-32595: 298 times slower for a known
 * user).
 *
 * A password whose spelling is not the prepared one is checked in two, whatever the account: see `spellingsOf`.
 *
 * If the hashes in one file have different parameters, each attempt runs one computation with each of them. So a file
 * that is being moved to stronger parameters costs the sum of both until every hash is new.
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
      // No account has such a name or password, so this reveals nothing. It bounds the work before any hashing.
      if (name.length > maxPasswordLength || password.length > maxPasswordLength) return undefined;
      const user = users.get(canonicalUserName(name));
      const ownCost = user && costOf(user.hash);
      const spellings = spellingsOf(password);
      let right = false;
      for (const decoy of decoys) {
        const isOwn = decoy.cost === ownCost;
        for (const spelling of spellings) {
          const matches = await decoy.verify(isOwn && user ? user.hash : decoy.hash, spelling);
          right ||= isOwn && matches;
        }
      }
      return right && user?.disabled === false ? user : undefined;
    },
  };
}

/**
 * Makes a function that runs at most `running` tasks at a time, while at most `waiting` more wait in order. It rejects
 * further tasks with `AuthError` `unavailable`: a flood must not occupy every thread of libuv, which serve files and
 * names too, nor queue up without a limit.
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
