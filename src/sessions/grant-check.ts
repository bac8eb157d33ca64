import { type Awaitable, after } from "../base/awaitable.js";
import type { Emit, SessionOwner } from "../model/events.js";
import { type Actor, type Identity, toActorNames } from "../model/identity.js";
import type { GrantContent } from "../model/session.js";
import type { Ask, Store } from "../model/store.js";
import { type KnownSession, type KnownSessions, parentEnded } from "./known-sessions.js";

/** An actor who operates as an identity by a grant. */
export interface StillOperating {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  readonly grant: GrantContent;
}

/** Whether a grant holds for the identity as it was: `changed` when the account has other roles or members by now. */
export type GrantState = "holds" | "ended" | "changed";

export interface GrantCheckOptions {
  readonly store: Pick<Store, "endSession">;
  readonly ask: Ask;
  readonly known: Pick<KnownSessions, "end">;
  readonly emit: Emit;
  /** Whether the actor may still operate as the identity. */
  readonly mayGoOn: (operating: StillOperating) => Awaitable<GrantState>;
  /** Whether a session is not over, nor any from which it began. */
  readonly isLive: (ref: string) => Awaitable<boolean>;
}

/**
 * Checks what a session depends on beside its own row: the sessions from which it began, and its grant. A session that
 * has lost one of them is ended on every node: `false`.
 */
export type GrantCheck = (session: KnownSession<Identity>) => Awaitable<boolean>;

const reasons = { ended: "grant ended", changed: "identity changed" } as const;

export function createGrantCheck({ store, ask, known, emit, mayGoOn, isLive }: GrantCheckOptions): GrantCheck {
  return ({ ref, grant, parents: [parent], allowed: { caller } }) => {
    const { identity, actor } = caller;
    const owner = { ref, subject: identity.subject, ...toActorNames(actor) };
    return after(parent === undefined || isLive(parent), (live): Awaitable<boolean> => {
      if (!live) return end(owner, parentEnded);
      if (grant === undefined) return true;
      return after(mayGoOn({ identity, actor, grant }), (state) =>
        state === "holds" ? true : end(owner, reasons[state]),
      );
    });
  };

  function end(owner: SessionOwner, reason: string): Awaitable<false> {
    const { ref } = owner;
    return after(
      ask(() => store.endSession(ref, reason)),
      (ended) => {
        known.end(ref, reason);
        if (ended) emit({ kind: "session-ended", reason, ...owner });
        return false;
      },
    );
  }
}
