import { maxLoginMs, type SessionRules } from "../model/session.js";
import { maxReadingAgeMs, type NewSession, type SessionChange, type SessionRow } from "../model/store.js";
import { sessionDeadline } from "../sessions/rotation.js";

/** The first row of a session. One literal, so that every row has the same shape in the engine. */
export function toFirstRow(session: NewSession, now: number, mark: EndMark | undefined): SessionRow {
  return {
    ref: session.ref,
    version: 1,
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
    claimed: session.claimed,
    revokedAt: mark === undefined ? null : now,
    revokedReason: mark === undefined ? null : mark.reason,
  };
}

/** The row after a write. Only what may change is taken from `change`, whatever else an untyped caller puts there. */
export function toNextRow(row: SessionRow, change: SessionChange): SessionRow {
  return {
    ref: row.ref,
    version: row.version + 1,
    subject: row.subject,
    actor: row.actor,
    identity: row.identity,
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
    claimed: change.claimed ?? row.claimed,
    revokedAt: change.revokedAt === undefined ? row.revokedAt : change.revokedAt,
    revokedReason: change.revokedReason === undefined ? row.revokedReason : change.revokedReason,
  };
}

/** A deployment has one or two sets of rules; a million sessions must not hold a million copies of them. */
const rememberedRules = 256;

/** Returns one frozen object for every equal set of rules. */
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

/** "Every session of this subject is over": kept for `maxLoginMs` against log-ins under way. */
export interface EndMark {
  readonly at: number;
  readonly reason: string;
}

/**
 * Whether a session that opens at `now` falls under the mark. An end in the same millisecond counts, and so does one
 * up to a second ahead: clocks repeat and step back, and a race ends on the side of refusal. One further ahead was
 * written before the clock was set back, and must not lock the subject out until the clock has caught up.
 */
export function isUnderMark(mark: EndMark, now: number, loginMs: number): boolean {
  return mark.at >= now - loginMs && mark.at <= now + maxReadingAgeMs;
}

/** Why a log-in that began before the oldest remembered end opens revoked. */
export const lateLogin = "log-in took too long";

/** The mark that covers a session opening now, if there is one. */
export function coveringMark(marks: readonly EndMark[], now: number, loginMs: number): EndMark | undefined {
  if (loginMs > maxLoginMs) return { at: now, reason: lateLogin };
  return marks.find((mark) => isUnderMark(mark, now, loginMs));
}
