import { maxLoginMs, type SessionRules } from "../model/session.js";
import { maxReadingAgeMs, type NewSession, type SessionChange, type SessionRow } from "../model/store.js";
import { sessionDeadline } from "../sessions/rotation.js";

/**
 * Returns the first row of a session: revoked if `mark` covers it. It is one object literal, so that V8 gives every row
 * the same hidden class.
 */
export function toFirstRow(session: NewSession, now: number, mark: EndMark | undefined): SessionRow {
  return {
    ref: session.ref,
    version: 1,
    realm: session.realm,
    subject: session.subject,
    actor: session.actor,
    identity: session.identity,
    scheme: session.scheme,
    rules: session.rules,
    generation: 1,
    issuedAt: now,
    keyId: session.keyId,
    confirmedAt: null,
    previousConfirmedAt: null,
    touchedAt: now,
    createdAt: now,
    recheckedAt: now,
    claimed: session.claimed,
    revokedAt: mark === undefined ? null : now,
    revokedReason: mark === undefined ? null : mark.reason,
  };
}

/**
 * Returns the row after a write. It takes from `change` only the members that may change, even if an untyped caller
 * adds others.
 */
export function toNextRow(row: SessionRow, change: SessionChange): SessionRow {
  return {
    ref: row.ref,
    version: row.version + 1,
    realm: row.realm,
    subject: row.subject,
    actor: row.actor,
    identity: change.identity ?? row.identity,
    scheme: row.scheme,
    rules: row.rules,
    generation: change.generation ?? row.generation,
    issuedAt: change.issuedAt ?? row.issuedAt,
    keyId: change.keyId ?? row.keyId,
    confirmedAt: change.confirmedAt === undefined ? row.confirmedAt : change.confirmedAt,
    previousConfirmedAt:
      change.previousConfirmedAt === undefined ? row.previousConfirmedAt : change.previousConfirmedAt,
    touchedAt: change.touchedAt ?? row.touchedAt,
    createdAt: row.createdAt,
    recheckedAt: change.recheckedAt ?? row.recheckedAt,
    claimed: change.claimed ?? row.claimed,
    revokedAt: change.revokedAt === undefined ? row.revokedAt : change.revokedAt,
    revokedReason: change.revokedReason === undefined ? row.revokedReason : change.revokedReason,
  };
}

/**
 * The most sets of rules to remember. A deployment has one or two; a million sessions must not hold a million copies of
 * them.
 */
const rememberedRules = 256;

/** Makes a table that returns the same frozen object for equal sets of rules. */
export function createRulesTable(): { fromJson(json: string): SessionRules; same(rules: SessionRules): SessionRules } {
  const table = new Map<string, SessionRules>();
  const fromJson = (json: string): SessionRules => {
    const known = table.get(json);
    if (known !== undefined) return known;
    const rules = Object.freeze(JSON.parse(json)) as SessionRules;
    if (table.size >= rememberedRules) table.clear();
    table.set(json, rules);
    return rules;
  };
  return { fromJson, same: (rules) => fromJson(JSON.stringify(rules)) };
}

/** Whether the session is over: revoked or past its deadline. Lists and caps leave such sessions out. */
export function isOver(row: SessionRow, now: number): boolean {
  return row.revokedAt !== null || now >= sessionDeadline(row);
}

/**
 * Returns the instant from which a row may be removed, in milliseconds since 1970. It is later than the deadline in two
 * cases: a revoked row keeps answering "revoked" until the absolute limit; and a claimed row stays for another
 * `idleMs`, because a store that lost its last write may hold a row older than the token, and that token is still
 * valid. No write moves this instant to an earlier one.
 */
export function removableAt(row: SessionRow): number {
  const absolute = row.createdAt + row.rules.absoluteMs;
  if (row.revokedAt !== null) return absolute;
  const deadline = sessionDeadline(row);
  return row.claimed ? Math.min(absolute, deadline + row.rules.idleMs) : deadline;
}

/**
 * Records that every session of a subject was ended. It is kept for `maxLoginMs`, so that it also covers log-ins under
 * way.
 */
export interface EndMark {
  readonly at: number;
  readonly reason: string;
}

/**
 * Whether a mark covers a session that opens at `now`. A mark in the same millisecond does, and so does one up to a
 * second ahead: clocks repeat and step back, and a race must end in refusal. A mark further ahead was written before
 * the clock was set back, and must not lock the subject out until the clock has caught up.
 */
export function isUnderMark(mark: EndMark, now: number, loginMs: number): boolean {
  return mark.at >= now - loginMs && mark.at <= now + maxReadingAgeMs;
}

/** The reason of a session that opens revoked because its log-in began before the oldest mark that is kept. */
export const lateLogin = "log-in took too long";

/** Returns a mark that covers a session that opens now, if there is one. */
export function coveringMark(marks: readonly EndMark[], now: number, loginMs: number): EndMark | undefined {
  if (loginMs > maxLoginMs) return { at: now, reason: lateLogin };
  return marks.find((mark) => isUnderMark(mark, now, loginMs));
}
