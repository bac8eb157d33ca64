import type { SessionRules } from "../../model/session.js";
import type { SessionRow } from "../../model/store.js";
import { sessionDeadline } from "../../sessions/rotation.js";
import { removableAt } from "../row.js";
import type { SqliteValue } from "./driver.js";
import { additions, userVersion } from "./layout.js";

/** "SaLy": distinguishes our files from other SQLite databases. */
export const applicationId = 0x53614c79;

/**
 * - `over_at`, `removable_at`: computed by `stores/row.ts`, so that lists, caps and purge need no copy of the rule.
 * - `check_at`: an instant not after `removable_at`, indexed; purge moves it, so that a swap touches no index.
 * - `ends`: the recent ends. Other processes read them by id, and entries of kind `subject` are the end marks.
 */
export const schema: string = `
create table sessions (
  id integer primary key,
  ref text not null unique,
  version integer not null,
  subject text not null,
  actor text,
  identity text not null,
  scheme text not null,
  rules text not null,
  generation integer not null,
  issued_at integer not null,
  key_id integer not null,
  confirmed_at integer,
  previous_confirmed_at integer,
  touched_at integer not null,
  created_at integer not null,
  claimed integer not null,
  revoked_at integer,
  revoked_reason text,
  over_at integer not null,
  removable_at integer not null,
  absolute_at integer not null,
  check_at integer not null,
  state_version integer not null default 0,
  state_json text
);
create index sessions_by_subject on sessions (subject, claimed);
create index sessions_by_actor on sessions (actor) where actor is not null;
create index sessions_by_check on sessions (check_at);
create table proofs (
  kind text not null,
  id text not null,
  json text not null,
  over_at integer not null,
  primary key (kind, id)
) without rowid;
create index proofs_by_over on proofs (over_at);
create table ends (
  id integer primary key autoincrement,
  kind text not null,
  name text not null,
  reason text not null,
  at integer not null
);
create index ends_by_subject on ends (name) where kind = 'subject';
create index ends_by_at on ends (at);
${additions}pragma application_id = ${applicationId};
pragma user_version = ${userVersion};
`;

/** The columns in the order of `toRow`. */
export const rowColumns: string = `ref, version, subject, actor, identity, scheme, rules, generation, issued_at, key_id,
  confirmed_at, previous_confirmed_at, touched_at, created_at, claimed, revoked_at, revoked_reason, realm, rechecked_at`;

type RowColumns = readonly [
  ref: string,
  version: number,
  subject: string,
  actor: string | null,
  identity: string,
  scheme: string,
  rules: string,
  generation: number,
  issuedAt: number,
  keyId: number,
  confirmedAt: number | null,
  previousConfirmedAt: number | null,
  touchedAt: number,
  createdAt: number,
  claimed: number,
  revokedAt: number | null,
  revokedReason: string | null,
  realm: string | null,
  recheckedAt: number,
];

/**
 * Converts the columns of a row.
 *
 * @param columns the array that a statement on `rowColumns` returned
 */
export function toRow(columns: unknown, toRules: (json: string) => SessionRules): SessionRow {
  const at = columns as RowColumns;
  return {
    ref: at[0],
    version: at[1],
    realm: at[17],
    subject: at[2],
    actor: at[3],
    identity: at[4],
    scheme: at[5],
    rules: toRules(at[6]),
    generation: at[7],
    issuedAt: at[8],
    keyId: at[9],
    confirmedAt: at[10],
    previousConfirmedAt: at[11],
    touchedAt: at[12],
    createdAt: at[13],
    recheckedAt: at[18],
    claimed: at[14] === 1,
    revokedAt: at[15],
    revokedReason: at[16],
  };
}

export const insertRow: string = `insert into sessions (${rowColumns}, over_at, removable_at, absolute_at, check_at)
  values (${"?, ".repeat(22)}?)`;

export function toInsertValues(row: SessionRow): SqliteValue[] {
  const removable = removableAt(row);
  return [
    row.ref,
    row.version,
    row.subject,
    row.actor,
    row.identity,
    row.scheme,
    JSON.stringify(row.rules),
    row.generation,
    row.issuedAt,
    row.keyId,
    row.confirmedAt,
    row.previousConfirmedAt,
    row.touchedAt,
    row.createdAt,
    Number(row.claimed),
    row.revokedAt,
    row.revokedReason,
    row.realm,
    row.recheckedAt,
    sessionDeadline(row),
    removable,
    row.createdAt + row.rules.absoluteMs,
    removable,
  ];
}

/** The columns that a write may leave alone: SQLite rewrites the index entry of each that is named, and the text. */
export interface Written {
  readonly claimed: boolean;
  readonly identity: boolean;
}

/** Returns the statement that updates a row. */
export function updateRow({ claimed, identity }: Written): string {
  return `update sessions set version = version + 1, generation = ?, issued_at = ?, key_id = ?, confirmed_at = ?,
    previous_confirmed_at = ?, touched_at = ?, revoked_at = ?, revoked_reason = ?, rechecked_at = ?, over_at = ?,
    removable_at = ?${claimed ? ", claimed = ?" : ""}${identity ? ", identity = ?" : ""}
    where ref = ? and version = ? and revoked_at is null`;
}

/**
 * Returns the values for `updateRow`.
 *
 * @param version the version that the row must still have
 */
export function toUpdateValues(next: SessionRow, { claimed, identity }: Written, version: number): SqliteValue[] {
  return [
    next.generation,
    next.issuedAt,
    next.keyId,
    next.confirmedAt,
    next.previousConfirmedAt,
    next.touchedAt,
    next.revokedAt,
    next.revokedReason,
    next.recheckedAt,
    sessionDeadline(next),
    removableAt(next),
    ...(claimed ? [Number(next.claimed)] : []),
    ...(identity ? [next.identity] : []),
    next.ref,
    version,
  ];
}
