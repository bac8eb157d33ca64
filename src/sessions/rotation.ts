import { maxReadingAgeMs, type SessionChange, type SessionRow } from "../model/store.js";

/** The fields of a verified token. */
export interface Presented {
  readonly generation: number;
  /** Whole seconds since 1970: the floor of the instant that the row had when this generation was issued. */
  readonly issuedAt: number;
  readonly keyId: number;
}

/**
 * Why a token that this deployment issued is refused.
 * - `superseded`: a newer generation is in use. Nothing changed: a client that holds a newer token repeats the call.
 * - `expired`: the session, or under `overlapping` this token, has reached a deadline.
 * - `revoked`: the session was ended.
 * - `reuse`: a generation that no honest client can still present. The change that comes with it ends the session.
 */
export type RefusalCode = "superseded" | "expired" | "revoked" | "reuse";

/**
 * The decision on a presented token. `change` must be written, by compare-and-set on the row that was judged, before
 * the outcome counts; when the row has changed meanwhile, load it and judge again.
 *
 * `give`: the response carries the token of the row as it is after the change.
 * A change that claims the session for the first time, or ends it, must survive a power cut; any other may be lost,
 * since the rule heals it.
 */
export type Outcome =
  | Accepted
  | { readonly kind: "refuse"; readonly code: RefusalCode; readonly change?: SessionChange };

interface Accepted {
  readonly kind: "accept";
  readonly give: boolean;
  readonly event?: RotationEvent;
  readonly change?: SessionChange;
}

/**
 * - `confirmed`: this generation was presented for the first time, so the one before is superseded.
 * - `turned`: the next generation was issued.
 * - `healed`: the store had lost a write and was moved forward.
 * - `lapsed`: for `rotateAfterMs` the client went on with the token before this generation, which it was offered.
 */
export type RotationEvent = "confirmed" | "turned" | "healed" | "lapsed";

const accepted: Accepted = Object.freeze({ kind: "accept", give: false });

const acceptedWithToken: Accepted = Object.freeze({ kind: "accept", give: true });

/**
 * Judges a presented token by the rotation rule. It is a pure function and the only copy of the rule, which the tests
 * explore exhaustively. RFC 9700 §4.14.2 asks for rotation with reuse detection; the table in
 * `docs/tokens-and-rotation.md` gives the purpose of each line.
 *
 * @param now the store's clock at the reading of `row`, in milliseconds
 * @param signingKeyId the key for a generation that is issued now
 * @param rotate `false` checks the token without rotating it: no new token is issued or returned
 */
export function judgePresentation(
  row: SessionRow,
  presented: Presented,
  now: number,
  signingKeyId: number,
  rotate: boolean,
): Outcome {
  if (row.revokedAt !== null) return { kind: "refuse", code: "revoked" };
  if (now >= deadlineFor(row, presented, now)) return { kind: "refuse", code: "expired" };
  if (row.rules.policy === "overlapping") return judgeOverlapping(row, presented, now, signingKeyId, rotate);

  const behind = row.generation - presented.generation;
  if (behind < 0) return heal(row, presented, now);
  if (behind === 0) {
    if (row.confirmedAt === null) return confirm(now);
    const settled = now - row.confirmedAt >= row.rules.overlapMs;
    return settled && rotate && now >= rotationDueAt(row) ? turn(row, now, signingKeyId) : touch(row, now, accepted);
  }
  if (behind === 1 && row.confirmedAt === null) {
    const outcome = touch(row, now, rotate && !isUnderWay(row, now) ? acceptedWithToken : accepted);
    // Such a write is made once per `rotateAfterMs`, on one node, so it counts the offers that the client did not take up.
    return outcome.change === undefined ? outcome : { ...outcome, event: "lapsed" };
  }
  return judgeSuperseded(row, behind, now);
}

/**
 * Whether the answer that was given the current token may still be on its way: a front sends a token for `overlapMs` at
 * most. Until then no other answer is given it. So of two clients that hold one token, only one gets the next, and the
 * other presents a superseded one soon, however often they call. All workers of one client share what the first has got.
 * A clock that was set back ends the wait.
 */
function isUnderWay(row: SessionRow, now: number): boolean {
  const age = now - row.issuedAt;
  return age >= 0 && age < row.rules.overlapMs;
}

/** Returns when the row's generation is due for rotation, in milliseconds of the store's clock. */
export function rotationDueAt(row: SessionRow): number {
  return row.issuedAt + row.rules.rotateAfterMs - jitter(row);
}

/**
 * Returns when the session is over if it is not used again: the nearest of the absolute, idle and unclaimed limits, in
 * milliseconds of the store's clock. At this instant the session is over.
 */
export function sessionDeadline(row: SessionRow): number {
  const { absoluteMs, idleMs, unclaimedMs } = row.rules;
  return Math.min(row.createdAt + absoluteMs, row.claimed ? lastUse(row) + idleMs : row.createdAt + unclaimedMs);
}

/**
 * Returns the deadline by which to judge a token. A generation newer than the row proves that the session was claimed,
 * and that it was used when that generation was issued, although the store lost both: after a fail-over that follows a
 * quiet time the newest token must still be accepted.
 */
function deadlineFor(row: SessionRow, presented: Presented, now: number): number {
  if (presented.generation <= row.generation) return sessionDeadline(row);
  const used = Math.max(lastUse(row), latestIssue(presented, now));
  return Math.min(row.createdAt + row.rules.absoluteMs, used + row.rules.idleMs);
}

function lastUse(row: SessionRow): number {
  return Math.max(row.issuedAt, row.confirmedAt ?? 0, row.touchedAt);
}

/**
 * Returns the latest instant at which a token can have been issued: the end of its second, since it carries the floor.
 */
function latestIssue(presented: Presented, now: number): number {
  return Math.min(now, presented.issuedAt * 1000 + 999);
}

/**
 * Judges a superseded generation. Generation g is superseded at the instant at which g + 1 was first presented; the row
 * knows that instant for the last two. Only the generation just before the current one may still be accepted, so that
 * no more than two are at any time.
 *
 * Three or more behind is always reuse, and no third instant is needed: if g + 1 was first presented at c, then
 * g + 2 was issued no earlier than c + overlapMs, and g + 3 no earlier than 0.75 × rotateAfterMs after g + 2 (the
 * jitter takes at most a quarter). As stragglerMs ≤ 0.75 × rotateAfterMs, g + 3 exists no earlier than
 * c + overlapMs + stragglerMs, where the zones of g end. A lost write changes nothing: instants written again are
 * later, and a healed row's issuedAt is never earlier than the true one.
 */
function judgeSuperseded(row: SessionRow, behind: number, now: number): Outcome {
  const { overlapMs, stragglerMs } = row.rules;
  const supersededAt = behind === 1 ? row.confirmedAt : behind === 2 ? row.previousConfirmedAt : null;
  const age = supersededAt === null ? Number.POSITIVE_INFINITY : now - supersededAt;
  // The clock was set back since, so nothing tells how old this is. It is neither accepted nor taken for theft.
  if (age < -maxReadingAgeMs) return { kind: "refuse", code: "superseded" };
  if (behind === 1 && age < overlapMs) return accepted;
  // Such a request was composed in time and delivered late. It is no theft, so it is refused and the session goes on.
  if (age < overlapMs + stragglerMs) return { kind: "refuse", code: "superseded" };
  return { kind: "refuse", code: "reuse", change: { revokedAt: now, revokedReason: "reuse" } };
}

/**
 * Judges a token whose carrier does not follow the highest generation: each token is valid for `lifetimeMs` from its
 * own issue. An old generation is never taken for theft here, so reuse is not detected; the response carries the
 * current token.
 */
function judgeOverlapping(
  row: SessionRow,
  presented: Presented,
  now: number,
  signingKeyId: number,
  rotate: boolean,
): Outcome {
  if (now >= presented.issuedAt * 1000 + row.rules.lifetimeMs) return { kind: "refuse", code: "expired" };
  if (presented.generation > row.generation) return heal(row, presented, now);
  if (presented.generation < row.generation) return touch(row, now, rotate ? acceptedWithToken : accepted);
  if (rotate && now >= rotationDueAt(row)) return turn(row, now, signingKeyId);
  return row.confirmedAt === null ? confirm(now) : touch(row, now, accepted);
}

function confirm(now: number): Outcome {
  return { kind: "accept", give: false, event: "confirmed", change: { confirmedAt: now, claimed: true } };
}

function turn(row: SessionRow, now: number, signingKeyId: number): Outcome {
  return {
    kind: "accept",
    give: true,
    event: "turned",
    change: {
      generation: row.generation + 1,
      issuedAt: now,
      keyId: signingKeyId,
      confirmedAt: null,
      previousConfirmedAt: row.confirmedAt ?? now,
      ...(row.claimed ? undefined : { claimed: true }),
    },
  };
}

/**
 * Moves the row forward to a generation that the store has lost, and that the token's MAC proves was issued.
 *
 * The generation before it had been confirmed at least `overlapMs` before the turn that issued this one. That is the
 * tightest instant that is never too early for an honest straggler; with `now` instead, the zones of two generations
 * would begin anew.
 */
function heal(row: SessionRow, presented: Presented, now: number): Outcome {
  const issuedAt = latestIssue(presented, now);
  const known = presented.generation === row.generation + 1 ? row.confirmedAt : null;
  return {
    kind: "accept",
    give: false,
    event: "healed",
    change: {
      generation: presented.generation,
      issuedAt,
      keyId: presented.keyId,
      confirmedAt: now,
      previousConfirmedAt: Math.min(known ?? Number.POSITIVE_INFINITY, issuedAt - row.rules.overlapMs),
      claimed: true,
    },
  };
}

/**
 * Records use at most once per `rotateAfterMs`: the idle limit is exact to within that, and most calls cost no write.
 */
function touch(row: SessionRow, now: number, outcome: Accepted): Accepted {
  if (now - lastUse(row) < row.rules.rotateAfterMs) return outcome;
  return { ...outcome, change: { touchedAt: now } };
}

/**
 * Returns up to a quarter of `rotateAfterMs`, so that sessions opened together do not rotate together. It is the same
 * on every node: it comes from `ref`, which is a hash already, and the generation. FNV-1a over four characters, then
 * one avalanche.
 */
function jitter(row: SessionRow): number {
  let hash = 0x811c9dc5 ^ row.generation;
  for (let index = 0; index < 4; index++) hash = Math.imul(hash ^ row.ref.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return Math.floor(((hash >>> 0) / 2 ** 34) * row.rules.rotateAfterMs);
}
