import { sessionDeadline } from "../sessions/rotation.js";
import type { SessionRow } from "./store.js";

/** Nobody can use the session any more: what lists and caps leave out. */
export function isOver(row: SessionRow, now: number): boolean {
  return row.revokedAt !== null || now >= sessionDeadline(row);
}

/**
 * From when on a row may be removed. Later than its deadline in two cases: a revoked row keeps answering "revoked"
 * until the absolute limit; and an idle one stays for another `idleMs`, because a store that lost its last write may
 * hold a row older than the token, and that token is still good. No write moves this instant to an earlier one.
 */
export function removableAt(row: SessionRow): number {
  const absolute = row.createdAt + row.rules.absoluteMs;
  if (row.revokedAt !== null) return absolute;
  const deadline = sessionDeadline(row);
  return row.claimed ? Math.min(absolute, deadline + row.rules.idleMs) : deadline;
}
