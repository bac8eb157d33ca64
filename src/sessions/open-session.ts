import { type Awaitable, after, ignoreFailure, rescue } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Keys } from "../keys/key-ring.js";
import type { Allowed, Offer } from "../model/decision.js";
import type { Emit, Recording } from "../model/events.js";
import { type Identity, toActorNames } from "../model/identity.js";
import type { LoggedIn } from "../model/log-in.js";
import type { Session, SessionRules } from "../model/session.js";
import type { Ask, Reading, SessionCaps, SessionRow, Store } from "../model/store.js";
import type { RecentEnds } from "./recent-ends.js";
import { type SessionAnswers, toScheme } from "./session-answers.js";
import { toContentJson } from "./session-content.js";
import type { Sightings } from "./sightings.js";
import { toRef } from "./token.js";

export interface Opened<I extends Identity> {
  readonly allowed: Allowed<I>;
  readonly session: Session;
  readonly token: string;
}

/**
 * Opens sessions. Both methods throw, or reject with, `AuthError`: `invalid_identity`; `session_ended` when the subject
 * was ended while the credentials were checked; `unavailable` when the store cannot answer.
 */
export interface OpenSession<I extends Identity> {
  /** Opens a session for a caller who asked for one. */
  open(who: LoggedIn): Awaitable<Opened<I>>;
  /**
   * Opens a session that the caller may never use: it lives `unclaimedMs` until its token is presented, the caller does
   * not wait for the disk, and nothing of it is remembered here. Clients that send a password with every call must not
   * fill the memory.
   */
  offer(who: LoggedIn): Awaitable<Offer>;
}

export interface OpenSessionOptions {
  readonly platform: Platform;
  readonly store: Store;
  readonly ask: Ask;
  readonly keys: Keys;
  readonly realm: string;
  readonly rules: SessionRules;
  readonly caps: SessionCaps;
  readonly emit: Emit;
  readonly record: Recording;
  readonly recentEnds: RecentEnds;
  readonly sightings: Pick<Sightings, "note">;
}

export function createOpenSession<I extends Identity>(
  { platform, store, ask, keys, realm, rules: ownRules, caps, emit, record, recentEnds, sightings }: OpenSessionOptions,
  { rememberedOrNew, tokenOf, offer }: SessionAnswers<I>,
): OpenSession<I> {
  /** Ends a session whose token was not sent yet: if the store cannot end it now, it expires unused. */
  function undo(ref: string): void {
    ignoreFailure(() => ask(() => store.endSession(ref, "not recorded")));
  }

  function begin(who: LoggedIn, claimed: boolean): Awaitable<{ readonly row: SessionRow; readonly token: string }> {
    const { identity, actor, scheme, acr, provedAt, cnf, grant, scopes, via, rules = ownRules } = who;
    const parents = who.parents?.length === 0 ? undefined : who.parents;
    const authenticatedAt = provedAt === "unknown" ? null : provedAt === "now" ? undefined : provedAt;
    const content = toContentJson({ identity, actor, acr, authenticatedAt, cnf, grant, scopes, via, parents });
    const sessionId = platform.random(16);
    const lifeMs = who.expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(who.expiresAt - platform.now());
    if (lifeMs <= 0) throw new AuthError("invalid_identity", "the credentials' own expiry has passed");
    const session = {
      ref: toRef(sessionId),
      realm,
      subject: identity.subject,
      actor: actor?.subject ?? null,
      identity: content,
      scheme,
      rules: lifeMs < rules.absoluteMs ? { ...rules, absoluteMs: lifeMs } : rules,
      keyId: keys.signing().id,
      claimed,
      loginMs: Math.max(0, platform.monotonic() - who.checkedAt),
    };
    return after(
      ask(() => after(store.openSession(session, caps, claimed), (opened) => requireRef(opened, session.ref))),
      ({ row, evicted }) => {
        const party = { subject: row.subject, actor: row.actor ?? undefined };
        for (const ref of evicted) emit({ kind: "session-ended", ref, reason: "cap", ...party }, who.source);
        if (row.revokedAt !== null) throw new AuthError("session_ended", "the subject was ended during the log-in");
        sightings.note(row.ref, identity);
        const token = tokenOf(row, sessionId);
        if (token === undefined) throw new AuthError("unavailable", "the signing key left the ring; try again");
        const names = { ref: row.ref, subject: row.subject, ...toActorNames(actor) };
        const recorded = rescue(
          () => record({ kind: "session-opened", ...names, scheme }, who.source),
          (error) => {
            undo(row.ref);
            throw error;
          },
        );
        return after(recorded, () => ({ row, token }));
      },
    );
  }

  return {
    open: (who) =>
      after(begin(who, true), ({ row, token }) => {
        const { allowed } = rememberedOrNew(row);
        return { allowed, session: allowed.caller.session as Session, token };
      }),
    offer: (who) =>
      after(begin(who, false), ({ row, token }) => {
        const mark = recentEnds.mark();
        const names = [row.ref, row.subject, row.actor];
        return offer(row, token, toScheme(who.cnf), () => recentEnds.since(mark, names));
      }),
  };
}

/**
 * Checks that a reading is of the session that was asked for: a store that mixes up its answers must not let a caller
 * in as another subject.
 *
 * @throws {TypeError} for another session, or a clock that is no finite number
 */
export function requireRef<R extends Reading | undefined>(reading: R, ref: string): R {
  if (reading !== undefined && (reading.row.ref !== ref || !Number.isFinite(reading.now))) {
    throw new TypeError("the store answered with another session");
  }
  return reading;
}
