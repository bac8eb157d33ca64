import { createOffer, type Offer } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { Confirmation } from "../model/session.js";
import type { SessionRow } from "../model/store.js";
import type { KnownSession, KnownSessions } from "./known-sessions.js";
import { fromContentJson, toAuthenticatedAt } from "./session-content.js";
import { createSession, type SessionHandleOptions } from "./session-handle.js";
import type { TokenCodec } from "./token.js";

export interface SessionAnswersOptions<I extends Identity> extends SessionHandleOptions {
  readonly codec: TokenCodec;
  readonly known: KnownSessions<I>;
}

/** What a row becomes for those who see the answer: a caller, a token, an offer. */
export interface SessionAnswers<I extends Identity> {
  /** The remembered session of a row; made and remembered if there is none. */
  rememberedOrNew(row: SessionRow): KnownSession<I>;
  /** The token of the row's generation: issued-at and key are the row's, so that every node derives the same string. */
  tokenOf(row: SessionRow, sessionId: Uint8Array): string | undefined;
  /**
   * @param scheme by which the token is presented.
   * @param isOver the session has ended, as far as this node knows.
   */
  offer(row: SessionRow, token: string, scheme: TokenScheme, isOver: () => boolean): Offer;
}

export function createSessionAnswers<I extends Identity>(options: SessionAnswersOptions<I>): SessionAnswers<I> {
  const { platform, codec, known } = options;
  return {
    rememberedOrNew(row) {
      const found = known.find(row.ref);
      if (found !== undefined) return found;
      const content = fromContentJson<I>(row.identity);
      const { identity, actor, acr } = content;
      const scheme = toScheme(content.cnf).toLowerCase();
      const authenticatedAt = toAuthenticatedAt(content, row.createdAt);
      const { session, checkEnded } = createSession(row, content.cnf, () => fresh, options);
      const fresh: KnownSession<I> = {
        ref: row.ref,
        subject: row.subject,
        actor: row.actor,
        grant: content.grant,
        checkEnded,
        // Frozen: it is the answer to every request that memory lets in.
        allowed: Object.freeze({
          kind: "allowed",
          caller: Object.freeze({ identity, actor, scheme, session, authenticatedAt, acr }),
        }),
        token: "",
        acceptUntil: 0,
        freshUntil: 0,
        endedReason: undefined,
        onEnd: new Set(),
      };
      known.add(fresh);
      return fresh;
    },
    tokenOf(row, sessionId) {
      const issuedAt = Math.floor(row.issuedAt / 1000);
      return codec.encode({ keyId: row.keyId, sessionId, generation: row.generation, issuedAt });
    },
    offer(row, token, scheme, isOver) {
      // Later than this the client may have moved on, and an answer that hands out an old token would set it back.
      const usableUntil = platform.monotonic() + row.rules.overlapMs;
      return createOffer({ token, scheme, usable: () => !isOver() && platform.monotonic() < usableUntil });
    },
  };
}

/** `DPoP` for a session that is bound to a key. */
export type TokenScheme = Offer["scheme"];

/** By which the token of a session that is bound to this is presented: any other is refused. */
export function toScheme(cnf: Confirmation | undefined): TokenScheme {
  return cnf !== undefined && "jkt" in cnf ? "DPoP" : "Bearer";
}
