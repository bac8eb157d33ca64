import { createOffer, type Offer } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { Confirmation } from "../model/session.js";
import type { SessionRow } from "../model/store.js";
import type { KnownSession, KnownSessions } from "./known-sessions.js";
import { fromContentJson, parentsOf, readContent, toAuthenticatedAt } from "./session-content.js";
import { createSession, type SessionHandleOptions } from "./session-handle.js";
import type { TokenCodec } from "./token.js";

export interface SessionAnswersOptions<I extends Identity> extends SessionHandleOptions {
  readonly codec: TokenCodec;
  readonly known: KnownSessions<I>;
  /** Returns the `epoch` of the handler of a scheme, bound; `undefined` where nothing is asked again by it. */
  readonly epochOf: (scheme: string) => (() => number) | undefined;
}

/** Makes from a row what responses and routes need: a caller, a token, an offer. */
export interface SessionAnswers<I extends Identity> {
  /** Returns the remembered session of a row, or makes and remembers it. */
  rememberedOrNew(row: SessionRow): KnownSession<I>;
  /**
   * Returns the token of the row's generation. Issued-at and key are the row's, so every node derives the same string.
   */
  tokenOf(row: SessionRow, sessionId: Uint8Array): string | undefined;
  /**
   * Makes an offer of a token.
   *
   * @param scheme the scheme with which to present the token
   * @param isOver whether the session has ended, as far as this node knows
   */
  offer(row: SessionRow, token: string, scheme: TokenScheme, isOver: () => boolean): Offer;
}

export function createSessionAnswers<I extends Identity>(options: SessionAnswersOptions<I>): SessionAnswers<I> {
  const { platform, codec, known, epochOf } = options;
  return {
    rememberedOrNew(row) {
      const found = known.find(row.ref);
      if (found !== undefined) {
        readContent(found, row);
        return found;
      }
      const content = fromContentJson<I>(row.identity);
      const { identity, actor, acr, scopes } = content;
      const scheme = toScheme(content.cnf).toLowerCase();
      const authenticatedAt = toAuthenticatedAt(content, row.createdAt);
      const { session, checkEnded } = createSession(row, content.cnf, () => fresh, options);
      const fresh: KnownSession<I> = {
        ref: row.ref,
        sessionId: undefined,
        subject: row.subject,
        actor: row.actor,
        content: row.identity,
        identity,
        via: content.via,
        epoch: undefined,
        currentEpoch: epochOf(row.scheme),
        askAgainAt: 0,
        grant: content.grant,
        parents: parentsOf(content),
        checkEnded,
        // Frozen: it is the decision for every request that memory accepts.
        allowed: Object.freeze({
          kind: "allowed",
          caller: Object.freeze({ identity, actor, scheme, session, authenticatedAt, acr, scopes }),
        }),
        token: "",
        acceptUntil: 0,
        freshUntil: 0,
        endedReason: undefined,
        onEnd: new Set(),
        onLoss: new Set(),
      };
      known.add(fresh);
      return fresh;
    },
    tokenOf(row, sessionId) {
      const issuedAt = Math.floor(row.issuedAt / 1000);
      return codec.encode({ keyId: row.keyId, sessionId, generation: row.generation, issuedAt });
    },
    offer(row, token, scheme, isOver) {
      // Later than this the client may hold a newer token, which an older one in a response would replace.
      const usableUntil = platform.monotonic() + row.rules.overlapMs;
      return createOffer({ token, scheme, usable: () => !isOver() && platform.monotonic() < usableUntil });
    },
  };
}

/** The scheme of a token: `DPoP` for a session that is bound to a key. */
export type TokenScheme = Offer["scheme"];

/** Returns the scheme with which the token of a session with this `cnf` must be presented: any other is refused. */
export function toScheme(cnf: Confirmation | undefined): TokenScheme {
  return cnf !== undefined && "jkt" in cnf ? "DPoP" : "Bearer";
}
