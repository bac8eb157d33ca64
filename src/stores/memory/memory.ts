import cluster from "node:cluster";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { maxLoginMs } from "../../model/session.js";
import {
  type EndEvent,
  maxReadingAgeMs,
  maxRecords,
  type SessionCaps,
  type SessionRow,
  type SessionState,
  type Store,
} from "../../model/store.js";
import { coveringMark, createRulesTable, type EndMark, isOver, removableAt, toFirstRow, toNextRow } from "../row.js";
import { createCapCounter, ownerOf } from "./cap-counts.js";
import { createDeadlineHeap } from "./deadline-heap.js";
import { createMemoryExpiring } from "./expiring.js";
import { createNameIndex } from "./name-index.js";
import { createMemorySealed } from "./sealed.js";

/** Options of `memory`. */
export interface MemoryOptions {
  /**
   * The clock of the store. If the engine has another platform than the machine's, give the store the same. Default:
   * `systemPlatform`.
   */
  readonly platform?: Platform | undefined;
  /**
   * The most counts of failed log-ins of accounts, and the most of sources, that stay beyond a purge. Default: 250,000,
   * some 100 MB. Those that expire first go: the fewest failures.
   */
  readonly maxRecords?: number | undefined;
}

const memoryKinds: OptionKinds<MemoryOptions> = { platform: "object", maxRecords: "any" };

/**
 * The most moved deadlines that one purge handles, some 50 ms. Each live session's deadline is looked at about once per
 * idle limit.
 */
const maxMoved = 50_000;

/** The key of a name in the indexes and marks. Neither part holds a NUL. */
const nameIn = (realm: string | null, name: string): string => `${realm}\0${name}`;

const noState: SessionState = Object.freeze({ version: 0, json: undefined });

/**
 * Keeps sessions in this process: for tests, and for a server of one process whose sessions may end when it restarts.
 * Every method returns synchronously.
 *
 * @throws {AuthError} `invalid_options` in a worker of `node:cluster`, since each worker would know only its own
 *   sessions
 */
export function memory(options: MemoryOptions = {}): Store {
  requireOptions("memory", options, memoryKinds);
  if (cluster.isWorker) {
    throw new AuthError(
      "invalid_options",
      "memory() keeps sessions in one process, and this is one of several workers; use sqlite(path), which they share",
    );
  }
  const platform = options.platform ?? systemPlatform;
  const rows = new Map<string, SessionRow>();
  const states = new Map<string, SessionState>();
  const sealed = createMemorySealed(platform, (ref) => rows.has(ref), isLive);
  const bySubject = createNameIndex();
  const byActor = createNameIndex();
  const rowDeadlines = createDeadlineHeap();
  const { purge: purgeExpiring, ...expiring } = createMemoryExpiring(platform, options.maxRecords ?? maxRecords);
  const marks = new Map<string, EndMark>();
  const rules = createRulesTable();
  const counter = createCapCounter();
  const listeners = new Set<(event: EndEvent) => void>();

  function isLive(ref: string): boolean {
    const row = rows.get(ref);
    return row !== undefined && !isOver(row, platform.now());
  }

  function emit(event: EndEvent): void {
    for (const listener of listeners) listener(event);
  }

  function put(before: SessionRow | undefined, row: SessionRow, now: number): void {
    rows.set(row.ref, row);
    counter.changed(before, row, now);
  }

  function remove(row: SessionRow, now: number): void {
    rows.delete(row.ref);
    counter.changed(row, undefined, now);
    states.delete(row.ref);
    sealed.remove(row.ref);
    bySubject.remove(nameIn(row.realm, row.subject), row.ref);
    if (row.actor !== null) byActor.remove(nameIn(row.realm, row.actor), row.ref);
  }

  function rowsOf(name: string): SessionRow[] {
    return rowsIn(new Set([...bySubject.get(name), ...byActor.get(name)]));
  }

  function rowsIn(refs: Iterable<string>): SessionRow[] {
    return [...refs].flatMap((ref) => rows.get(ref) ?? []);
  }

  function revoke(row: SessionRow, now: number, reason: string): void {
    put(row, toNextRow(row, { revokedAt: now, revokedReason: reason }), now);
  }

  /** Removes the oldest `excess` sessions that match, and returns them, oldest first. */
  function evict(
    { realm, subject, actor }: SessionRow,
    excess: number,
    now: number,
    matches: (row: SessionRow) => boolean,
  ): SessionRow[] {
    const evicted: SessionRow[] = [];
    for (const ref of excess > 0 ? bySubject.get(nameIn(realm, subject)) : []) {
      const row = rows.get(ref);
      if (row === undefined || row.actor !== actor || !matches(row)) continue;
      evicted.push(row);
      if (evicted.length === excess) break;
    }
    for (const row of evicted) remove(row, now);
    return evicted;
  }

  /** Removes the sessions beyond the caps, and returns the refs of the claimed ones. */
  function applyCaps(opened: SessionRow, caps: SessionCaps, now: number): string[] {
    const { realm, subject, actor } = opened;
    const own = () => rowsIn(bySubject.get(nameIn(realm, subject))).filter((row) => row.actor === actor);
    const { unclaimed, revoked, claimed } = counter.count(ownerOf(opened), now, own);
    evict(opened, unclaimed - caps.unclaimed, now, (row) => !row.claimed && !isOver(row, now));
    evict(opened, revoked - caps.claimed, now, (row) => row.revokedAt !== null);
    const evicted = evict(opened, claimed - caps.claimed, now, (row) => row.claimed && !isOver(row, now));
    for (const { ref } of evicted) emit({ kind: "session", ref, reason: "cap" });
    // The deadlines of evicted rows stay in the heap; without this it would grow with every log-in of one subject.
    if (rowDeadlines.size > 2 * rows.size + 1024) {
      rowDeadlines.clear();
      for (const row of rows.values()) rowDeadlines.push(row.ref, removableAt(row));
    }
    return evicted.map(({ ref }) => ref);
  }

  function purgeRows(limit: number, now: number): number {
    let count = 0;
    let moved = 0;
    while (count < limit && moved < maxMoved) {
      const ref = rowDeadlines.popDue(now);
      if (ref === undefined) break;
      const row = rows.get(ref);
      if (row === undefined) continue;
      const removable = removableAt(row);
      // The session was used, which moved its deadline.
      if (removable > now) {
        rowDeadlines.push(ref, removable);
        moved += 1;
      } else {
        remove(row, now);
        count += 1;
      }
    }
    return count;
  }

  return {
    durable: false,
    openSession(session, caps) {
      if (rows.has(session.ref)) throw new AuthError("unavailable", "there is a session with this ref already");
      const now = platform.now();
      const name = nameIn(session.realm, session.subject);
      const actorName = nameIn(session.realm, session.actor ?? session.subject);
      const marked = [marks.get(name), marks.get(actorName)];
      const mark = coveringMark(
        marked.filter((found) => found !== undefined),
        now,
        session.loginMs ?? 0,
      );
      const sibling = rows.get(bySubject.get(name).at(-1) ?? "");
      const identity = sibling?.identity === session.identity ? sibling.identity : session.identity;
      const row = toFirstRow({ ...session, identity, rules: rules.same(session.rules) }, now, mark);
      put(undefined, row, now);
      bySubject.add(name, row.ref);
      if (row.actor !== null) byActor.add(actorName, row.ref);
      rowDeadlines.push(row.ref, removableAt(row));
      return { row, now, evicted: applyCaps(row, caps, now) };
    },
    loadSession(ref) {
      const row = rows.get(ref);
      return row && { row, now: platform.now() };
    },
    swapSession(reading, change) {
      const now = platform.now();
      const row = rows.get(reading.row.ref);
      if (row === undefined || row.version !== reading.row.version || row.revokedAt !== null) return undefined;
      if (Math.abs(now - reading.now) > maxReadingAgeMs) return undefined;
      const next = toNextRow(row, change);
      put(row, next, now);
      if (next.revokedAt !== null) emit({ kind: "session", ref: next.ref, reason: next.revokedReason ?? "" });
      else if (next.identity !== row.identity) emit({ kind: "changed", ref: next.ref });
      return { row: next, now };
    },
    endSession(ref, reason) {
      const row = rows.get(ref);
      if (row === undefined || row.revokedAt !== null) return false;
      revoke(row, platform.now(), reason);
      emit({ kind: "session", ref, reason });
      return true;
    },
    endSubject(subject, reason, realm) {
      const now = platform.now();
      const name = nameIn(realm, subject);
      marks.set(name, { at: now, reason });
      for (const row of rowsOf(name)) if (row.revokedAt === null) revoke(row, now, reason);
      emit({ kind: "subject", subject, realm, reason });
    },
    listSessions(query) {
      const now = platform.now();
      const { realm, subject, after = "", limit } = query;
      return (subject === undefined ? [...rows.values()] : rowsOf(nameIn(realm, subject)))
        .filter((row) => row.realm === realm && row.ref > after && !isOver(row, now))
        .sort((a, b) => (a.ref < b.ref ? -1 : 1))
        .slice(0, limit);
    },
    loadState: (ref) => (isLive(ref) ? (states.get(ref) ?? noState) : undefined),
    swapState(ref, version, json) {
      if (!isLive(ref)) return false;
      if ((states.get(ref) ?? noState).version !== version) return false;
      states.set(ref, { version: version + 1, json });
      return true;
    },
    loadSealed: sealed.load,
    swapSealed: sealed.swap,
    ...expiring,
    purge(limit) {
      const now = platform.now();
      for (const [subject, mark] of marks) if (mark.at < now - maxLoginMs) marks.delete(subject);
      const count = purgeRows(limit, now);
      return count + purgeExpiring(limit - count);
    },
    watch(onEnd) {
      const listener = (event: EndEvent): void => onEnd(event);
      listeners.add(listener);
      return { aliveAt: () => platform.monotonic(), stop: () => void listeners.delete(listener) };
    },
    close: () => listeners.clear(),
  };
}
