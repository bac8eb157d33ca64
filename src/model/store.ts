import type { Awaitable } from "../base/awaitable.js";
import type { SealedStore } from "./sealed.js";
import type { SessionRules } from "./session.js";

/**
 * Keeps sessions, one-time proofs and records. A store does not apply the rotation rule: it offers a reading and a
 * compare-and-set, and `sessions/rotation.ts` decides. Every operation is atomic; none upserts. Instants are
 * milliseconds of the store's own clock. Several realms may share a store: subjects, lists, ends of subjects and caps are
 * each realm's own. An operation that cannot be done throws or rejects; it never answers as if it
 * had been done.
 *
 * Methods may return a value or a promise. Run the exported suite on your own store: `docs/writing-a-store.md`.
 */
export interface Store extends SealedStore {
  /** Whether sessions survive a restart of the process. If so, signing keys must survive it too. */
  readonly durable: boolean;
  /** The default path of the signing keys: a file beside a durable, local store. */
  readonly keyFile?: string | undefined;

  /**
   * Adds a session at generation 1, all instants the store's now, and applies the caps, which are counted per realm,
   * subject and actor: an actor's sessions must not evict the subject's own. Beyond `caps.unclaimed` unclaimed sessions the
   * oldest of them is removed, beyond `caps.claimed` claimed ones the oldest of those, both with the reason `"cap"`.
   * Expired and revoked sessions do not count; of the revoked ones the `caps.claimed` opened last are kept. The answer
   * names the claimed ones that were removed.
   *
   * The row is returned revoked when its subject or actor was ended while the log-in was under way, as `loginMs` tells.
   *
   * @param durable `true` waits until a power cut cannot undo the write, `false` until other processes can see it
   * @throws when there is a session with this `ref`
   */
  openSession(session: NewSession, caps: SessionCaps, durable: boolean): Awaitable<OpenReading>;
  /** The row and the clock it must be judged by; `undefined` when there is none. A row under a subject's end mark comes back revoked. */
  loadSession(ref: string): Awaitable<Reading | undefined>;
  /**
   * Writes `change` and `version + 1` if the row still has the reading's version.
   *
   * A write of `identity` is told to every watch as `changed`.
   *
   * @returns the new reading, or `undefined` when nothing was written: another version, revoked, under an end mark,
   *   gone, or more than `maxReadingAgeMs` since the reading was taken. Load again and decide again.
   */
  swapSession(reading: Reading, change: SessionChange, durable: boolean): Awaitable<Reading | undefined>;
  /** Revokes a session, whatever its version. `false` when there is none or it was revoked before. Durable. */
  endSession(ref: string, reason: string): Awaitable<boolean>;
  /**
   * Ends every session of this realm whose subject or actor this is and that was opened up to now: one write, final also
   * against a log-in under way. Durable.
   */
  endSubject(subject: string, reason: string, realm: string): Awaitable<void>;
  /** Returns rows in ascending order of `ref`, without revoked and expired ones. */
  listSessions(query: SessionQuery): Awaitable<readonly SessionRow[]>;

  /** A session's own data for all nodes; version 0 with `json` `undefined` while there is none. `undefined`: no such session, or over: revoked or past its deadline. */
  loadState(ref: string): Awaitable<SessionState | undefined>;
  /** Compare-and-set of that data. `false` when the version is another or the session is gone or over. */
  swapState(ref: string, version: number, json: string): Awaitable<boolean>;

  /** Keeps a one-time proof for `lifeMs` milliseconds. `false` when `id` is taken. Durable. */
  put(kind: ProofKind, id: string, json: string, lifeMs: number): Awaitable<boolean>;
  /** Removes a one-time proof and returns it: to one call only, whatever the number of nodes. Durable. */
  take(kind: ProofKind, id: string): Awaitable<string | undefined>;

  /** A small record that all nodes share, and the clock it must be judged by. Version 0, `json` `undefined`: none, or expired. */
  loadRecord(kind: RecordKind, id: string): Awaitable<RecordReading>;
  /**
   * Compare-and-set of a record: version 0 adds one, any other replaces that version by the next. It lives `lifeMs`
   * milliseconds from this write. Not durable: a power cut may undo the last writes.
   *
   * @returns `false`, with nothing written, when the version is another: also 0 while there is one, and any other when it
   *   is gone or expired. Load again and decide again.
   */
  swapRecord(kind: RecordKind, id: string, version: number, json: string, lifeMs: number): Awaitable<boolean>;

  /**
   * Removes sessions, proofs and records that no caller can use any more, at most `limit`; returns how many. A revoked
   * session stays until its absolute limit, so that "revoked" can be answered. Beyond `maxRecords` of one kind it also
   * removes records before their time, those that expire first: the fewest failures, so that names which an attacker
   * invents push out each other.
   */
  purge(limit: number): Awaitable<number>;
  /** Calls back for every session or subject that any node ends, this one included. `onEnd` must not throw. */
  watch(onEnd: (event: EndEvent) => void): Watch;
  close(): Awaitable<void>;
}

/** The greatest age of a reading, in milliseconds, by which a swap may be judged: an older one has a stale clock. */
export const maxReadingAgeMs = 1_000;

/** What a one-time proof is for. */
export type ProofKind = "ticket" | "challenge" | "dpop-proof";

/** What a record counts: the failed log-ins of an account, or of a source. */
export type RecordKind = "account-budget" | "source-budget";

/** The most records of one kind that a store keeps beyond a purge: some 100 MB in memory. */
export const maxRecords = 250_000;

/** A record, and the clock it must be judged by. */
export interface RecordReading {
  /** The version that the next change must name: 1 when the record is added, and one more with every write. */
  readonly version: number;
  readonly json: string | undefined;
  /** The store's clock when the record was read, in milliseconds. */
  readonly now: number;
}

/** A row, and the clock it must be judged by. */
export interface Reading {
  readonly row: SessionRow;
  /** The store's clock when the row was read, in milliseconds. */
  readonly now: number;
}

/** The reading of a session that has just opened. */
export interface OpenReading extends Reading {
  /** The refs of the claimed sessions that the caps removed for it, in any order. Each has the same subject and actor. */
  readonly evicted: readonly string[];
}

/** How many sessions one subject may have. Sessions with an actor are counted separately, per actor. */
export interface SessionCaps {
  /** Claimed sessions of one subject. */
  readonly claimed: number;
  /** Sessions of one subject that were offered and whose token has not been presented yet. */
  readonly unclaimed: number;
}

/** A session as a store keeps it. Instants are milliseconds of the store's clock. */
export interface SessionRow {
  /** 22 characters: the first 128 bits of a hash of the session id. The id itself is in tokens only. */
  readonly ref: string;
  /** One more with every write; `swapSession` compares nothing else. */
  readonly version: number;
  /** The realm of the engine that opened it. `null`, of every realm, for a row of a layout that had none. */
  readonly realm: string | null;
  readonly subject: string;
  /** The subject of the actor who operates as `subject`, if there is one. */
  readonly actor: string | null;
  /** JSON of identity and actor, as they were when the session opened, or as a handler has said since. */
  readonly identity: string;
  /** The scheme that opened the session, in lower case. */
  readonly scheme: string;
  /** Fixed when the session opens: a reload, or a node with another configuration, never changes a live session. */
  readonly rules: SessionRules;
  readonly generation: number;
  /** Of `generation`, in milliseconds; the token carries whole seconds. */
  readonly issuedAt: number;
  /** The key that signed `generation`. */
  readonly keyId: number;
  /** When `generation` was first presented; `null` until then. */
  readonly confirmedAt: number | null;
  /** When `generation - 1` was first presented. */
  readonly previousConfirmedAt: number | null;
  /** When use was last recorded without a rotation. */
  readonly touchedAt: number;
  readonly createdAt: number;
  /** When a handler last said that the owner is still there, by the store's clock. */
  readonly recheckedAt: number;
  /** A token of this session has come back, or it was opened by a log-in RPC. */
  readonly claimed: boolean;
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
}

/** A session that is about to open. */
export interface NewSession
  extends Pick<SessionRow, "ref" | "subject" | "actor" | "identity" | "scheme" | "rules" | "keyId" | "claimed"> {
  readonly realm: string;
  /**
   * How long ago the credentials came in, in milliseconds of the caller's monotonic clock, so that a subject that is
   * ended between the check of its password and this call gets no session. At most `maxLoginMs`. Default: 0.
   */
  readonly loginMs?: number | undefined;
}

/** What a swap may write; everything else is fixed when the session opens. */
export type SessionChange = Partial<
  Pick<
    SessionRow,
    | "generation"
    | "issuedAt"
    | "keyId"
    | "confirmedAt"
    | "previousConfirmedAt"
    | "touchedAt"
    | "identity"
    | "recheckedAt"
    | "claimed"
    | "revokedAt"
    | "revokedReason"
  >
>;

/** A session's own data, and the version that its next change must name. */
export interface SessionState {
  readonly version: number;
  readonly json: string | undefined;
}

/** Which sessions to list. */
export interface SessionQuery {
  readonly realm: string;
  /** Only sessions whose subject or actor this is. */
  readonly subject?: string;
  /** Only refs greater than this one, the last of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** An event of `watch`: a session or subject ended, or may have, or a session has another identity. */
export type EndEvent =
  | { readonly kind: "session"; readonly ref: string; readonly reason: string }
  /** `realm` is `null` when a version that knew none ended the subject: then it is of every realm. */
  | { readonly kind: "subject"; readonly subject: string; readonly realm: string | null; readonly reason: string }
  /** The identity of a session was written anew: forget what is remembered of the session, and load it. */
  | { readonly kind: "changed"; readonly ref: string }
  /**
   * Ends may have been missed here (a lost connection, a long pause): forget all that is remembered. `error`: the store
   * has just found that it cannot answer, and why.
   */
  | { readonly kind: "gap"; readonly error?: unknown };

/** A watch on ends, until it is stopped. */
export interface Watch {
  /** The platform's monotonic instant up to which every end on any node is known here. */
  aliveAt(): number;
  stop(): void;
}

/** Calls a store in bounded time. Throws or rejects with `AuthError` `unavailable` when the store cannot answer. */
export type Ask = <T>(question: () => Awaitable<T>) => Awaitable<T>;
