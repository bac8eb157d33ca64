import type { Emit, EventParty } from "../model/events.js";
import type { RequestOrigin } from "../model/request.js";
import type { Reading, SessionRow } from "../model/store.js";
import type { KnownSessions } from "./known-sessions.js";
import type { Refused } from "./pre-checks.js";
import { type RefusalCode, sessionDeadline } from "./rotation.js";
import { toOwner } from "./session-content.js";

export interface RefusalParts {
  readonly known: Pick<KnownSessions, "end">;
  readonly emit: Emit;
}

/** The refusals of session tokens. Each is told to the memory of this process and to its observers. */
export interface Refusals {
  /** @param generation that of the token */
  refuse(reading: Reading, generation: number, code: RefusalCode, request: RequestOrigin): Refused;
  /**
   * Reports an expiry only if this process knew the session: once, and not each time that a dead token is presented.
   */
  expire(owner: EventParty & { readonly ref: string }, request: RequestOrigin): void;
  /** The owner of a session is gone: it has ended on every node. */
  endOver(row: SessionRow, reason: string, request: RequestOrigin): Refused;
}

export function createRefusals({ known, emit }: RefusalParts): Refusals {
  function expire(owner: EventParty & { readonly ref: string }, request: RequestOrigin): void {
    if (known.end(owner.ref, "expired")) emit({ kind: "session-ended", reason: "expired", ...owner }, request);
  }

  function endOver(row: SessionRow, reason: string, request: RequestOrigin): Refused {
    const party = toOwner(row);
    known.end(row.ref, reason);
    emit({ kind: "session-ended", reason, ...party }, request);
    return { kind: "refused", reason: "revoked", party };
  }

  function refuse({ row, now }: Reading, generation: number, code: RefusalCode, request: RequestOrigin): Refused {
    const party = toOwner(row);
    const { ref } = party;
    switch (code) {
      case "superseded":
        emit({ kind: "superseded", ...party, generation }, request);
        return { kind: "refused", reason: "superseded", party };
      case "reuse":
        emit({ kind: "reuse", ...party, generation }, request);
        known.end(ref, "reuse");
        return { kind: "refused", reason: "revoked", party };
      case "revoked":
        known.end(ref, row.revokedReason ?? code);
        return { kind: "refused", reason: code, party };
      case "expired": // under `overlapping` it may be the token alone that has expired
        if (now >= sessionDeadline(row)) expire(party, request);
        return { kind: "refused", reason: code, party };
      default:
        return code satisfies never;
    }
  }

  return { refuse, expire, endOver };
}
