import type { SessionRow } from "../../model/store.js";
import { sessionDeadline } from "../../sessions/rotation.js";
import { isOver } from "../row.js";

/** How many sessions of one owner count towards each cap. */
export interface CapCounts {
  unclaimed: number;
  claimed: number;
  revoked: number;
}

/**
 * Keeps the counts as rows come, change and go, so that a log-in of a subject with a thousand sessions need not look at
 * each. Only expiry changes a count by itself: until the earliest deadline that was seen, none can have.
 */
export interface CapCounter {
  changed(before: SessionRow | undefined, after: SessionRow | undefined, now: number): void;
  /** @param rowsOf all rows of the owner; asked for when one of them may have expired. */
  count(owner: string, now: number, rowsOf: () => Iterable<SessionRow>): CapCounts;
}

/**
 * Whose caps a session counts against: its subject's, apart for each actor. Who operates as somebody must not push out the
 * sessions of that one.
 */
export function ownerOf({ subject, actor }: Pick<SessionRow, "subject" | "actor">): string {
  return actor === null ? subject : `${subject}\0${actor}`;
}

interface Counted extends CapCounts {
  exactUntil: number;
}

type Kind = keyof CapCounts;

export function createCapCounter(): CapCounter {
  const counted = new Map<string, Counted>();

  return {
    changed(before, after, now) {
      const owner = ownerOf((after ?? before) as SessionRow);
      const counts = counted.get(owner);
      if (counts === undefined) {
        if (after !== undefined) counted.set(owner, { unclaimed: 0, claimed: 0, revoked: 0, exactUntil: 0 });
        return;
      }
      // It may have been left out as expired already: then count all anew.
      if (before !== undefined && before.revokedAt === null && now >= sessionDeadline(before)) counts.exactUntil = 0;
      if (before !== undefined) counts[kindOf(before)] -= 1;
      if (after !== undefined) add(counts, after);
      if (counts.unclaimed + counts.claimed + counts.revoked <= 0) counted.delete(owner);
    },
    count(owner, now, rowsOf) {
      const counts = counted.get(owner);
      if (counts !== undefined && now < counts.exactUntil) return counts;
      const fresh: Counted = { unclaimed: 0, claimed: 0, revoked: 0, exactUntil: Number.POSITIVE_INFINITY };
      for (const row of rowsOf()) if (row.revokedAt !== null || !isOver(row, now)) add(fresh, row);
      counted.set(owner, fresh);
      return fresh;
    },
  };
}

function add(counts: Counted, row: SessionRow): void {
  counts[kindOf(row)] += 1;
  if (row.revokedAt === null) counts.exactUntil = Math.min(counts.exactUntil, sessionDeadline(row));
}

function kindOf(row: SessionRow): Kind {
  if (row.revokedAt !== null) return "revoked";
  return row.claimed ? "claimed" : "unclaimed";
}
