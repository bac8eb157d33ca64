import { ignoreFailure } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import { withSecret } from "../base/with-secret.js";
import { type Deny, withoutForm } from "../credentials/deny.js";
import type { AuthenticationReason, Denial } from "../model/decision.js";
import type { Emit, EventParty, Recording } from "../model/events.js";
import { type Identity, toActorNames } from "../model/identity.js";
import type { LoggedIn, OperateAsWish, SessionOpened, SessionSubject } from "../model/log-in.js";
import type { PossessionOutcome } from "../model/possession.js";
import type { HeaderFields, RequestOrigin } from "../model/request.js";
import type { OperateAs } from "../policies/operate-as/operate-as.js";
import type { SessionManager } from "../sessions/session-manager.js";

export interface BeginSessionParts<I extends Identity> {
  readonly platform: Platform;
  readonly manager: SessionManager<I>;
  readonly operateAs: OperateAs<I>;
  readonly deny: Deny;
  readonly emit: Emit;
  readonly record: Recording;
}

/** Makes the denials of one attempt. */
export type DenyAttempt = (reason: AuthenticationReason, headers?: HeaderFields) => Denial;

/** Opens the session of a log-in by message, and makes the denials of its attempt. */
export interface BeginSession<I extends Identity> {
  /**
   * Opens a session, or returns a denial.
   *
   * @param wish the account to operate as from the start; `undefined`: the subject's own
   */
  open(
    who: SessionSubject,
    wish: OperateAsWish | undefined,
    refused: DenyAttempt,
    possession: Omit<Extract<PossessionOutcome, { kind: "proven" }>, "kind">,
  ): Promise<SessionOpened<I> | Denial>;
  refusing(source: RequestOrigin | undefined, party: EventParty | undefined): DenyAttempt;
}

/** The longest line of sessions that began from one another. Each reading of the last one loads all of them. */
const maxParents = 8;

/** Finishes a log-in: opens the session, applying operate-as if asked, or returns the denial. */
export function createBeginSession<I extends Identity>({
  platform,
  manager,
  operateAs,
  deny,
  emit,
  record,
}: BeginSessionParts<I>): BeginSession<I> {
  return { open, refusing };

  async function open(
    who: SessionSubject,
    wish: OperateAsWish | undefined,
    refused: DenyAttempt,
    { cnf, headers }: Omit<Extract<PossessionOutcome, { kind: "proven" }>, "kind">,
  ): Promise<SessionOpened<I> | Denial> {
    const { identity, actor, scheme, expiresAt, acr, provedAt, checkedAt, rules, grant, scopes, source, from } = who;
    try {
      const own: LoggedIn = {
        identity,
        actor,
        scheme,
        expiresAt,
        acr,
        provedAt,
        checkedAt,
        cnf,
        rules,
        grant,
        scopes,
        source,
      };
      const isOther = wish !== undefined && wish.subject !== identity.subject;
      const operating = isOther ? await operateAs.begin(who, wish, undefined, source) : undefined;
      if (isOther && operating === undefined) return refused("operate_as_refused");
      // The caller may have been accepted from memory, and a policy may have taken long.
      const began = from === undefined ? undefined : await operateAs.loadLive(from);
      if (from !== undefined && began === undefined) return refused("revoked");
      const parents = (operating ?? who).detached === true ? [] : (began?.line ?? []);
      if (parents.length > maxParents) return refused(operating === undefined ? "invalid_token" : "operate_as_refused");
      const limit = platform.now() + (operating?.maxMs ?? Number.POSITIVE_INFINITY);
      const ends = Math.min(limit, expiresAt ?? Number.POSITIVE_INFINITY);
      const opened = await manager.open({
        ...own,
        ...operating,
        // The caller was let in by what let in the session from which this one begins.
        via: began?.content.via ?? who.via,
        parents,
        expiresAt: Number.isFinite(ends) ? ends : undefined,
      });
      const { allowed, session, token } = opened;
      if (operating !== undefined) {
        const { actor: by, identity: as } = operating;
        const names = { ref: session.ref, subject: as.subject, ...toActorNames(by), actor: by.subject };
        try {
          await record({ kind: "operate-as", ...names }, source);
        } catch (error) {
          ignoreFailure(() => session.end("not recorded", source));
          throw error;
        }
      }
      return withSecret({ kind: "opened", caller: allowed.caller, session, headers } as const, { token });
    } catch (error) {
      if (error instanceof AuthError && error.code === "invalid_identity") {
        emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } }, source);
      }
      return refused("unavailable");
    }
  }

  /** Makes the function that makes the denials of one attempt. */
  function refusing(source: RequestOrigin | undefined, party: EventParty | undefined): DenyAttempt {
    return (reason, headers) => deny(withoutForm(source), reason, { headers, party });
  }
}
