import type { Deny } from "./credentials/deny.js";
import type { PossessionOutcome } from "./credentials/proof-of-possession.js";
import type { Denial } from "./decision.js";
import { AuthError } from "./errors.js";
import type { OnEvent } from "./events.js";
import type { Identity } from "./identity.js";
import type { SessionOpened } from "./log-in.js";
import type { Platform } from "./platform.js";
import type { OperateAs, OperateAsWish, WouldBeActor } from "./policies/operate-as.js";
import type { LoggedIn } from "./sessions/open-session.js";
import type { SessionManager } from "./sessions/session-manager.js";
import { withSecret } from "./with-secret.js";

export interface BeginSessionParts<I extends Identity> {
  readonly platform: Platform;
  readonly manager: SessionManager<I>;
  readonly operateAs: OperateAs<I>;
  readonly deny: Deny;
  readonly emit: OnEvent;
}

/** Who gets a session. */
export interface Beginner extends LoggedIn, WouldBeActor {
  /** The session that this one begins from: where that one is over, this one does not begin. */
  readonly from?: string | undefined;
}

export type BeginSession<I extends Identity> = (
  who: Beginner,
  wish: OperateAsWish | undefined,
  possession: Omit<Extract<PossessionOutcome, { kind: "proven" }>, "kind">,
) => Promise<SessionOpened<I> | Denial>;

const noHeaders = { rawHeaders: [] };

/** How every log-in by message ends: in a session, as whoever logged in or as somebody else, or in a denial. */
export function createBeginSession<I extends Identity>(parts: BeginSessionParts<I>): BeginSession<I> {
  const { platform, manager, operateAs, deny, emit } = parts;

  return async function begin(who, wish, { cnf, headers }) {
    const { identity, actor, scheme, expiresAt, acr, provedAt, checkedAt, rules, grant, from } = who;
    try {
      const own: LoggedIn = { identity, actor, scheme, expiresAt, acr, provedAt, checkedAt, cnf, rules, grant };
      const isOther = wish !== undefined && wish.subject !== identity.subject;
      const operating = isOther ? await operateAs.begin(who, wish) : undefined;
      if (isOther && operating === undefined) return deny(noHeaders, "operate_as_refused");
      // Memory may have let the caller in, and a policy may have taken its time.
      if (from !== undefined && !(await operateAs.isLive(from))) return deny(noHeaders, "revoked");
      const limit = platform.now() + (operating?.maxMs ?? Number.POSITIVE_INFINITY);
      const ends = Math.min(limit, expiresAt ?? Number.POSITIVE_INFINITY);
      const opened = await manager.open(
        { ...own, ...operating, expiresAt: Number.isFinite(ends) ? ends : undefined },
        true,
      );
      const { allowed, session, token } = opened;
      if (operating !== undefined) {
        const { actor: by, identity: as } = operating;
        emit({ kind: "operate-as", ref: session.ref, subject: as.subject, actor: by.subject });
      }
      return withSecret({ kind: "opened", caller: allowed.caller, session, headers } as const, { token });
    } catch (error) {
      if (error instanceof AuthError && error.code === "invalid_identity") {
        emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } });
      }
      return deny(noHeaders, "unavailable");
    }
  };
}
