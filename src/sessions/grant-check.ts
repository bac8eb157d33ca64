import { type Awaitable, after } from "../base/awaitable.js";
import type { Emit } from "../model/events.js";
import type { Actor, Identity } from "../model/identity.js";
import type { GrantContent } from "../model/session.js";
import type { Ask, Store } from "../model/store.js";
import type { KnownSession, KnownSessions } from "./known-sessions.js";

/** An actor who operates as an identity by a grant. */
export interface StillOperating {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  readonly grant: GrantContent;
}

export interface GrantCheckOptions {
  readonly store: Pick<Store, "endSession">;
  readonly ask: Ask;
  readonly known: Pick<KnownSessions, "end">;
  readonly emit: Emit;
  /** Whether the actor may still operate as the identity. */
  readonly mayGoOn: (operating: StillOperating) => Awaitable<boolean>;
}

/** Checks the grant of a session, if it has one. A session whose grant is gone is ended on every node: `false`. */
export type GrantCheck = (session: KnownSession<Identity>) => Awaitable<boolean>;

const reason = "grant ended";

export function createGrantCheck({ store, ask, known, emit, mayGoOn }: GrantCheckOptions): GrantCheck {
  return ({ ref, grant, allowed: { caller } }) => {
    if (grant === undefined) return true;
    const { identity, actor } = caller;
    return after(
      mayGoOn({ identity, actor, grant }),
      (granted) => granted || after(end(ref, identity.subject), () => false),
    );
  };

  function end(ref: string, subject: string): Awaitable<void> {
    return after(
      ask(() => store.endSession(ref, reason)),
      (ended) => {
        known.end(ref, reason);
        if (ended) emit({ kind: "session-ended", ref, reason, subject });
      },
    );
  }
}
