import type { SessionRow } from "../../model/store.js";
import { sessionDeadline } from "../../sessions/rotation.js";
import { isOver } from "../row.js";

/** The number of sessions of one owner that count towards each cap. */
export interface CapCounts {
  unclaimed: number;
  claimed: number;
  revoked: number;
}

/**
 * Keeps the counts while rows are added, changed and removed, so that a log-in of a subject with a thousand sessions
 * need not look at each. Only expiry changes a count by itself, so counts are exact until the earliest deadline.
 */
export interface CapCounter {
  changed(before: SessionRow | undefined, after: SessionRow | undefined, now: number): void;
  /**
   * Returns the counts of an owner.
   *
   * @param rowsOf returns all rows of the owner; called when one of them may have expired
   */
  count(owner: string, now: number, rowsOf: () => Iterable<SessionRow>): CapCounts;
}

/**
 * Returns the owner whose caps a session counts towards. Caps are counted per realm, subject and actor: the sessions of an
 * actor that operates as a subject must not evict that subject's own.
 */
export function ownerOf({ realm, subject, actor }: Pick<SessionRow, "realm" | "subject" | "actor">): string {
  return `${realm}\0${subject}\0${actor ?? ""}`;
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
      // The counts may have left the row out as expired already: then all are counted again.
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
