import { after } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import {
  type EndEvent,
  maxReadingAgeMs,
  type Reading,
  type SessionCaps,
  type SessionRow,
  type Store,
} from "../../model/store.js";
import { coveringMark, createRulesTable, type EndMark, toFirstRow, toNextRow } from "../row.js";
import type { SqliteConnection } from "./connection.js";
import type { SqliteDatabase, SqliteStatement } from "./driver.js";
import { createPurge, type PurgeOptions } from "./purge.js";
import { insertRow, rowColumns, toInsertValues, toRow, toUpdateValues, updateRow } from "./schema.js";
import { createSealed } from "./sealed.js";

/** A row of a layout without realms is of every realm. */
const ofRealm = "(realm = ? or realm is null)";

/** The operations of a store that are questions to the database. */
export type SqliteOperations = Omit<Store, "durable" | "keyFile" | "watch" | "close">;

/** What the operations are made of. */
export interface OperationParts {
  readonly database: SqliteDatabase;
  readonly connection: SqliteConnection;
  readonly platform: Platform;
  readonly purge: PurgeOptions;
  /** Delivers an end that this process has just committed. `id` is that of its row. */
  deliver(event: EndEvent, id: number): void;
}

/**
 * Makes the operations on one open database. Rotations do not wait for the disk (the rotation rule recovers from a lost
 * one); log-ins, ends and one-time proofs do, without delaying other calls.
 */
export function createOperations({
  database,
  connection,
  platform,
  purge: purgeOptions,
  deliver: deliverEnd,
}: OperationParts): SqliteOperations {
  const { read, write, writeOne } = connection;
  const purge = createPurge(database, connection, platform, purgeOptions);
  const rules = createRulesTable();

  const prepareRows = (sql: string): SqliteStatement => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const prepareList = (where: string): SqliteStatement =>
    prepareRows(`select ${rowColumns} from sessions
      where ref > ? and revoked_at is null and over_at > ? and ${ofRealm} ${where} order by ref limit ?`);
  const prepareEviction = (where: string): SqliteStatement =>
    database.prepare(`delete from sessions where id in
      (select id from sessions where subject = ? and actor is ? and ${ofRealm} and ${where} order by id desc limit -1 offset ?) returning ref`);

  const load = prepareRows(`select ${rowColumns} from sessions where ref = ?`);
  const insert = database.prepare(insertRow);
  const updates = [false, true].flatMap((identity) =>
    [false, true].map((claimed) => database.prepare(updateRow({ claimed, identity }))),
  );
  const exists = database.prepare("select 1 from sessions where ref = ?");
  const marksOf = database.prepare(
    `select at, reason from ends where kind = 'subject' and name in (?, ?) and ${ofRealm}`,
  );
  const evictUnclaimed = prepareEviction("claimed = 0 and revoked_at is null and over_at > ?");
  const evictClaimed = prepareEviction("claimed = 1 and revoked_at is null and over_at > ?");
  const evictRevoked = prepareEviction("revoked_at is not null");
  const revoke = `update sessions set version = version + 1, revoked_at = ?, revoked_reason = ?,
    removable_at = absolute_at where revoked_at is null and`;
  const endOne = database.prepare(`${revoke} ref = ?`);
  const endMany = database.prepare(`${revoke} (subject = ? or actor = ?) and ${ofRealm}`);
  const note = database.prepare("insert into ends (kind, name, reason, at, realm) values (?, ?, ?, ?, ?)");
  const listAll = prepareList("");
  const listSubject = prepareList("and (subject = ? or actor = ?)");
  const loadState = prepareRows(`select state_version, state_json from sessions
    where ref = ? and revoked_at is null and over_at > ?`);
  const swapState = database.prepare(`update sessions set state_version = state_version + 1, state_json = ?
    where ref = ? and state_version = ? and revoked_at is null and over_at > ?`);
  const putProof = database.prepare(`insert into proofs (kind, id, json, over_at) values (?1, ?2, ?3, ?4)
    on conflict (kind, id) do update set json = ?3, over_at = ?4 where over_at <= ?5`);
  const takeProof = prepareRows("delete from proofs where kind = ? and id = ? returning json, over_at");
  const loadRecord = prepareRows("select version, json from records where kind = ? and id = ? and over_at > ?");
  const addRecord = database.prepare(`insert into records (kind, id, version, json, over_at, check_at)
    values (?1, ?2, 1, ?3, ?4, ?4) on conflict (kind, id) do update set version = 1, json = ?3, over_at = ?4 where over_at <= ?5`);
  const swapRecord = database.prepare(`update records set version = version + 1, json = ?, over_at = ?
    where kind = ? and id = ? and version = ? and over_at > ?`);

  /** Throws SQLITE_BUSY while another connection holds the write lock. */
  function requireLock(): void {
    if (database.isTransaction) return;
    database.exec("begin immediate");
    database.exec("rollback");
  }

  type End = Exclude<EndEvent, { kind: "gap" }>;
  type Noted<E extends End = End> = { readonly event: E; readonly id: number };

  function noteEnd<E extends End>(event: E, now: number): Noted<E> {
    const [name, realm] = event.kind === "subject" ? [event.subject, event.realm] : [event.ref, null];
    const reason = event.kind === "changed" ? "" : event.reason;
    return { event, id: Number(note.run(event.kind, name, reason, now, realm).lastInsertRowid) };
  }

  type CapEnd = Noted<Extract<End, { kind: "session" }>>;

  function deliver(noted: readonly Noted[]): void {
    for (const { event, id } of noted) deliverEnd(event, id);
  }

  /**
   * Evicts the sessions beyond the caps and returns the ends of claimed ones; no node can remember a session whose
   * token was never presented.
   */
  function applyCaps({ realm, subject, actor }: SessionRow, caps: SessionCaps, now: number): CapEnd[] {
    evictUnclaimed.all(subject, actor, realm, now, caps.unclaimed);
    evictRevoked.all(subject, actor, realm, caps.claimed);
    const evicted = evictClaimed.all(subject, actor, realm, now, caps.claimed) as { readonly ref: string }[];
    // SQLite returns the newest first; ends are delivered in the order in which the sessions opened.
    return evicted.reverse().map(({ ref }) => noteEnd({ kind: "session", ref, reason: "cap" }, now));
  }

  return {
    openSession(session, caps, durable) {
      const insertRow = (): { readonly reading: Reading; readonly ends: CapEnd[] } => {
        if (exists.get(session.ref)) throw new AuthError("unavailable", "there is a session with this ref already");
        const now = platform.now();
        const marks = marksOf.all(session.subject, session.actor, session.realm) as unknown as EndMark[];
        const mark = coveringMark(marks, now, session.loginMs ?? 0);
        const row = toFirstRow({ ...session, rules: rules.same(session.rules) }, now, mark);
        insert.run(...toInsertValues(row));
        return { reading: { row, now }, ends: applyCaps(row, caps, now) };
      };
      const opened = write(durable, insertRow, ({ ends }) => deliver(ends));
      return after(opened, ({ reading, ends }) => ({ ...reading, evicted: ends.map(({ event }) => event.ref) }));
    },
    loadSession: (ref) =>
      read(() => {
        const columns = load.get(ref);
        return columns === undefined ? undefined : { row: toRow(columns, rules.fromJson), now: platform.now() };
      }),
    swapSession(reading, change, durable) {
      const { row } = reading;
      const next: SessionRow = toNextRow(row, change);
      const written = { claimed: next.claimed !== row.claimed, identity: next.identity !== row.identity };
      const update = updates[Number(written.claimed) + 2 * Number(written.identity)] as SqliteStatement;
      const values = toUpdateValues(next, written, row.version);
      const updateRow = (): Reading | undefined => {
        const now = platform.now();
        if (Math.abs(now - reading.now) > maxReadingAgeMs) {
          // Read again, unless the lock because of which the reading grew old is still held: that has an answer of its own.
          requireLock();
          return undefined;
        }
        if (Number(update.run(...values).changes) === 0) return undefined;
        return { row: next, now };
      };
      const { ref } = row;
      if (next.revokedAt === null && !written.identity) return writeOne(durable, updateRow);
      const event: End =
        next.revokedAt === null ? { kind: "changed", ref } : { kind: "session", ref, reason: next.revokedReason ?? "" };
      const told = write(
        durable,
        () => {
          const swapped = updateRow();
          return { swapped, ends: swapped === undefined ? [] : [noteEnd(event, swapped.now)] };
        },
        ({ ends }) => deliver(ends),
      );
      return after(told, ({ swapped }) => swapped);
    },
    endSession(ref, reason) {
      const endRow = (): Noted[] => {
        const now = platform.now();
        if (Number(endOne.run(now, reason, ref).changes) === 0) return [];
        return [noteEnd({ kind: "session", ref, reason }, now)];
      };
      return after(write(true, endRow, deliver), (noted) => noted.length > 0);
    },
    endSubject(subject, reason, realm) {
      const endRows = (): Noted[] => {
        const now = platform.now();
        endMany.run(now, reason, subject, subject, realm);
        return [noteEnd({ kind: "subject", subject, realm, reason }, now)];
      };
      return after(write(true, endRows, deliver), () => undefined);
    },
    listSessions: ({ realm, subject, after: last = "", limit }) =>
      read(() => {
        const now = platform.now();
        const rows =
          subject === undefined
            ? listAll.all(last, now, realm, limit)
            : listSubject.all(last, now, realm, subject, subject, limit);
        return rows.map((columns) => toRow(columns, rules.fromJson));
      }),
    loadState: (ref) =>
      read(() => {
        const columns = loadState.get(ref, platform.now()) as readonly [number, string | null] | undefined;
        return columns && { version: columns[0], json: columns[1] ?? undefined };
      }),
    swapState: (ref, version, json) =>
      writeOne(false, () => Number(swapState.run(json, ref, version, platform.now()).changes) === 1),
    ...createSealed(database, connection, platform),
    put: (kind, id, json, lifeMs) =>
      writeOne(true, () => {
        const now = platform.now();
        return Number(putProof.run(kind, id, json, now + lifeMs, now).changes) === 1;
      }),
    // In a transaction, so that a failed commit throws: `get` alone stops at the row before the commit, and the proof
    // could be taken again.
    take: (kind, id) =>
      write(true, () => {
        const columns = takeProof.get(kind, id) as readonly [string, number] | undefined;
        return columns !== undefined && columns[1] > platform.now() ? columns[0] : undefined;
      }),
    loadRecord: (kind, id) =>
      read(() => {
        const now = platform.now();
        const columns = loadRecord.get(kind, id, now) as readonly [number, string] | undefined;
        return { version: columns?.[0] ?? 0, json: columns?.[1], now };
      }),
    swapRecord: (kind, id, version, json, lifeMs) =>
      writeOne(false, () => {
        const now = platform.now();
        const { changes } =
          version === 0
            ? addRecord.run(kind, id, json, now + lifeMs, now)
            : swapRecord.run(json, now + lifeMs, kind, id, version, now);
        return Number(changes) === 1;
      }),
    purge,
  };
}
