import type { CredentialMemory } from "../handlers/remembered-credentials.js";
import type { Emit, Ender } from "../model/events.js";
import { type Actor, toActorNames } from "../model/identity.js";
import type { RequestOrigin } from "../model/request.js";
import type { Ask, SessionRow, Store } from "../model/store.js";
import type { KnownSessions } from "./known-sessions.js";
import type { LoadOpen } from "./load-open.js";
import { fromContentJson, parentsOf, toOwner } from "./session-content.js";

/** Administration of sessions. Every method throws `AuthError` `unavailable` when the store cannot answer. */
export interface Sessions {
  /**
   * Lists live sessions in the order of `ref`, without those that began from one that has ended. `limit`: default 100,
   * at most 1,000.
   */
  list(query?: { subject?: string; after?: string; limit?: number }): Promise<readonly SessionSummary[]>;
  /** Ends one session on every node. `false` when there is none, or it had ended before. */
  end(ref: string, reason?: string, by?: EndedBy): Promise<boolean>;
  /** Ends every session whose subject or actor this is, and forgets the remembered credentials of the subject. */
  endSubject(subject: string, reason?: string, by?: EndedBy): Promise<void>;
}

/** The operator or caller who ends a session, for events and the audit. */
export interface EndedBy extends RequestOrigin {
  /** The subject of that operator or caller. */
  readonly subject?: string | undefined;
  /** The account that operates as `subject`. */
  readonly actor?: Actor | undefined;
}

/** A session in a list: nothing in it is secret. Instants are milliseconds since 1970 by the store's clock. */
export interface SessionSummary {
  readonly ref: string;
  readonly subject: string;
  readonly actor: string | undefined;
  readonly scheme: string;
  readonly createdAt: number;
  /** Exact to `rotateAfterMs`: use is not recorded more often. */
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  /** A token of it has been presented. */
  readonly claimed: boolean;
}

export interface SessionsParts {
  /** The realm whose sessions these are: others may share the store. */
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly loadOpen: LoadOpen;
  readonly known: Pick<KnownSessions, "end">;
  readonly memory: Pick<CredentialMemory, "forget">;
  readonly emit: Emit;
}

const defaultPage = 100;

const largestPage = 1_000;

export function createSessions({ realm, store, ask, loadOpen, known, memory, emit }: SessionsParts): Sessions {
  return Object.freeze({
    async list(query: { subject?: string; after?: string; limit?: number } = {}) {
      const limit = Math.max(1, Math.min(Math.trunc(query.limit ?? defaultPage), largestPage));
      const found: SessionSummary[] = [];
      const open = new Map<string, boolean>();
      // The row of a session is not yet revoked when only the one from which it began is, so a page is filled up.
      for (let last = query.after ?? ""; ; ) {
        const rows = await ask(() => store.listSessions({ ...query, realm, after: last, limit }));
        for (const row of rows) {
          if (row.revokedAt === null && (await hasOpenParents(row, open))) found.push(toSummary(row));
          if (found.length === limit) return found;
          last = row.ref;
        }
        if (rows.length < limit) return found;
      }
    },
    async end(ref: string, reason = "ended", by?: EndedBy) {
      const reading = await ask(() => store.loadSession(ref));
      if (reading !== undefined && (reading.row.realm ?? realm) !== realm) return false;
      const ended = await ask(() => store.endSession(ref, reason));
      known.end(ref, reason);
      if (ended) emit({ kind: "session-ended", ref, reason, ...(reading && toOwner(reading.row)), ...toEnder(by) }, by);
      return ended;
    },
    async endSubject(subject: string, reason = "ended", by?: EndedBy) {
      await ask(() => store.endSubject(subject, reason, realm));
      memory.forget(subject);
      emit({ kind: "subject-ended", subject, reason, ...toEnder(by) }, by);
    },
  });

  async function hasOpenParents({ identity }: SessionRow, open: Map<string, boolean>): Promise<boolean> {
    for (const ref of parentsOf(fromContentJson(identity))) {
      const isOpen = open.get(ref) ?? (await loadOpen(ref)) !== undefined;
      open.set(ref, isOpen);
      if (!isOpen) return false;
    }
    return true;
  }
}

function toEnder({ subject: by, actor: outer }: EndedBy = {}): Ender | undefined {
  if (by === undefined) return undefined;
  const { actor, via = [] } = toActorNames(outer);
  return actor === undefined ? { by } : { by, byActors: [actor, ...via] };
}

function toSummary(row: SessionRow): SessionSummary {
  const { ref, subject, scheme, createdAt, claimed } = row;
  return {
    ref,
    subject,
    actor: row.actor ?? undefined,
    scheme,
    createdAt,
    lastUsedAt: Math.max(row.issuedAt, row.confirmedAt ?? 0, row.touchedAt),
    expiresAt: createdAt + row.rules.absoluteMs,
    claimed,
  };
}
