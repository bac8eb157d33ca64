import { type AccountRecord, type Call, type End, type SessionRecord, sessionOf } from "./records.js";

/** A copy of the database that was made between two instants. */
export interface Backup {
  readonly from: number;
  readonly by: number;
}

/** Says whether what was begun is done; `false`: it may be or not. */
export type Done = (isDone: boolean) => void;

/** What is known of accounts and sessions: which may be over, and which must be. */
export interface Book {
  account(name: string): AccountRecord;
  session(token: string): SessionRecord | undefined;
  /** Opens the record of a session. Returns `false` when there is one. */
  open(call: Call, token: string, openedBy: number): boolean;
  /** A session that its client ends. */
  endSession(token: string): Done;
  /** The sessions of an account. */
  endAccount(name: string): Done;
  /** All sessions that were opened before an instant. */
  endBefore(instant: number): Done;
  /** An edit of the user file, which counts when the file has not changed for a while. */
  disable(name: string, what: string): Done;
  restore(backup: Backup): Done;
  /** Sessions that are over for certain, the latest last. */
  dead(most: number): readonly SessionRecord[];
  /** Sessions of which nothing says that they may be over. */
  living(): readonly SessionRecord[];
}

export interface BookOptions {
  readonly absoluteMs: number;
  /** How late an end may be noticed by another node. */
  readonly endMs: number;
  /** How late an edit of the user file may be. */
  readonly fileMs: number;
  readonly note: (text: string) => void;
}

interface Restore {
  readonly begunAt: number;
  doneAt: number;
}

const never = Number.POSITIVE_INFINITY;

export function createBook({ absoluteMs, endMs, fileMs, note }: BookOptions): Book {
  const accounts = new Map<string, AccountRecord>();
  const sessions = new Map<string, SessionRecord>();
  const restores: Restore[] = [];
  /** Edits of the user file that another one follows before they count. */
  const unsettled = new Set<End>();

  function account(name: string): AccountRecord {
    const known = accounts.get(name) ?? { name, ends: [] };
    accounts.set(name, known);
    return known;
  }

  function begin(what: string, boundMs: number): { readonly end: End; readonly done: Done } {
    note(`${what} begins`);
    const end: End = { what, from: Date.now(), by: never, boundMs, undoneAt: never };
    return {
      end,
      done(isDone) {
        if (isDone) end.by = Date.now();
        note(`${what} ${isDone ? "is done" : "is not known to be done"}`);
      },
    };
  }

  /** Notes the end in those sessions of which it ends all for certain, or some. */
  function endAll(end: End, which: (record: SessionRecord) => "all" | "some" | "none"): void {
    for (const record of sessions.values()) {
      const whether = which(record);
      if (whether === "none") continue;
      record.mayBeOverFrom = Math.min(record.mayBeOverFrom, end.from);
      if (whether === "all") record.ends.push(end);
    }
  }

  return {
    account,
    session: (token) => sessions.get(sessionOf(token)),
    open({ account: name, by, sentAt: openedFrom, ...call }, token, openedBy) {
      const session = sessionOf(token);
      if (sessions.has(session)) return false;
      const { disabled, ends } = account(name);
      let mayBeOverFrom = disabled?.from ?? never;
      for (const end of ends) {
        if (end.by >= openedFrom) mayBeOverFrom = Math.min(mayBeOverFrom, end.from);
      }
      for (const { begunAt, doneAt } of restores) {
        if (openedFrom <= doneAt && openedBy >= begunAt) mayBeOverFrom = Math.min(mayBeOverFrom, openedFrom);
      }
      sessions.set(session, {
        ...{ session, account: name, client: by, openedFrom, openedBy, ends: [], mayBeOverFrom },
        ...{ firstSent: new Map(), newest: token, calls: [{ ...call, account: name, by, sentAt: openedFrom }] },
      });
      return true;
    },
    endSession(token) {
      const own = sessionOf(token);
      const { end, done } = begin(`the log-out of ${own.slice(0, 8)}`, endMs);
      endAll(end, ({ session }) => (session === own ? "all" : "none"));
      return done;
    },
    endAccount(name) {
      const { end, done } = begin(`the end of the sessions of ${name}`, endMs);
      account(name).ends.push(end);
      endAll(end, (record) => (record.account === name ? "all" : "none"));
      return done;
    },
    endBefore(instant) {
      const { end, done } = begin(`the end of all sessions before ${new Date(instant).toISOString()}`, endMs);
      for (const { ends } of accounts.values()) ends.push(end);
      endAll(end, ({ openedBy }) => (openedBy < instant ? "all" : "some"));
      return done;
    },
    disable(name, what) {
      const { end, done } = begin(what, fileMs);
      for (const { disabled } of accounts.values()) {
        if (disabled !== undefined && disabled.by + fileMs > end.from) unsettled.add(disabled);
      }
      account(name).disabled = end;
      endAll(end, (record) => (record.account === name ? "some" : "none"));
      return (isDone) => {
        done(isDone);
        for (const edit of unsettled) edit.by = end.by;
        unsettled.clear();
      };
    },
    restore(backup) {
      const { end, done } = begin("a restore of a backup that is older than the session", endMs);
      const restore: Restore = { begunAt: end.from, doneAt: never };
      restores.push(restore);
      // What ended while the backup was made, or later, may live again.
      for (const { ends } of sessions.values()) {
        for (const each of ends) if (each.by >= backup.from) each.undoneAt = Math.min(each.undoneAt, end.from);
      }
      endAll(end, ({ openedFrom, openedBy }) =>
        openedFrom > backup.by ? "all" : openedBy > backup.from ? "some" : "none",
      );
      return (isDone) => {
        done(isDone);
        restore.doneAt = end.by;
      };
    },
    dead: (most) =>
      [...sessions.values()]
        .filter((record) => account(record.account).disabled || record.ends.some(({ by }) => by <= Date.now()))
        .slice(-most),
    living: () =>
      [...sessions.values()].filter(
        ({ mayBeOverFrom, openedFrom }) => mayBeOverFrom === never && Date.now() < openedFrom + absoluteMs,
      ),
  };
}
