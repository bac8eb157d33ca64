import { createHash } from "node:crypto";
import type { Identity } from "../model/identity.js";
import { toComparable } from "../model/same-identity.js";

/** About 10 MB: more sessions than a process asks handlers about within a day. */
const maxSightings = 100_000;

/**
 * What this process has itself heard from handlers about the owners of sessions. A process may end a session for all
 * nodes, or write other roles into its row, only on a change that it saw: the account there, then gone. In a rolling
 * deployment a new user is in the user file of one node and not yet in that of the other, which has never seen them.
 *
 * It outlives a reload of the configuration: what a handler said before it was removed still counts.
 */
export interface Sightings {
  /** Notes that a handler has let this identity in, or has confirmed it. */
  note(ref: string, identity: Identity): void;
  /** Whether a handler of this process has said anything of the owner. */
  has(ref: string): boolean;
  /** Whether the last that a handler of this process said was this identity. */
  isLast(ref: string, identity: Identity): boolean;
}

/** Makes an empty memory. Beyond its bound the oldest sighting is forgotten, and its session is one never seen. */
export function createSightings(): Sightings {
  const marks = new Map<string, string>();
  return {
    note(ref, identity) {
      marks.delete(ref);
      const oldest = marks.size >= maxSightings ? marks.keys().next() : undefined;
      if (oldest?.done === false) marks.delete(oldest.value);
      marks.set(ref, markOf(identity));
    },
    has: (ref) => marks.has(ref),
    isLast: (ref, identity) => marks.get(ref) === markOf(identity),
  };
}

/** Enough of a hash that two identities of one session do not have the same by chance. */
const markOf = (identity: Identity): string =>
  createHash("sha256").update(toComparable(identity)).digest("base64url").slice(0, 16);
