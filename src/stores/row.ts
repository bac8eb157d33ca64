import type { EndMark } from "./end-mark.js";
import type { NewSession, SessionChange, SessionRow, SessionRules } from "./store.js";

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
