import { type Awaitable, after, rescue } from "../base/awaitable.js";
import type { Allowed, AuthenticateOptions } from "../model/decision.js";
import { toParty } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import type { PossessionRequest, PresentedToken } from "../model/possession.js";
import type { HeaderFields, RequestOrigin } from "../model/request.js";
import type { Reading, SessionChange, SessionRow } from "../model/store.js";
import type { KnownSession } from "./known-sessions.js";
import { createOpenSession, type OpenSession, type OpenSessionOptions, requireRef } from "./open-session.js";
import { createPreChecks, type PreChecked, type PreCheckParts, type Refused } from "./pre-checks.js";
import { judgePresentation, type Outcome, type RefusalCode, rotationDueAt, sessionDeadline } from "./rotation.js";
import { createSessionAnswers, type SessionAnswersOptions, toScheme } from "./session-answers.js";
import { type TokenFields, toRef } from "./token.js";

type LookOptions = Pick<AuthenticateOptions, "rotate">;

export type Resumed<I extends Identity> = Allowed<I> | Refused;

export interface SessionManager<I extends Identity> extends OpenSession<I> {
  /** What a token of this deployment says, without asking the store; `undefined` for any other text. */
  verify(token: string): TokenFields | undefined;
  /** Judges a session token. Never throws. Answers at once when the token is remembered, or the store is local. */
  resume(token: string, options: LookOptions, scheme: string, request: PossessionRequest): Awaitable<Resumed<I>>;
}

export interface SessionManagerOptions<I extends Identity>
  extends SessionAnswersOptions<I>,
    Omit<OpenSessionOptions, "recentEnds">,
    PreCheckParts {
  readonly storeTimeoutMs: number;
  readonly clockMarginMs: number;
  readonly maxStalenessMs: number;
  readonly onReuse: (session: { readonly ref: string; readonly subject: string }) => "revoke" | "refuse";
}

/** A verified token on its way through load → pre-checks → rule → swap. */
interface Asked extends PresentedToken {
  readonly fields: TokenFields;
  readonly rotate: boolean;
  readonly ref: string;
  /** Monotonic instant from which a lost swap is not tried again. */
  giveUpAt: number;
  attempts: number;
  /** Asked for once: a proof may not be used twice. */
  preChecked: PreChecked | undefined;
}

/** A compare-and-set loses only to another one, and the rule settles after two; more than this is a broken store. */
const maxAttempts = 8;

/** Opens sessions and judges their tokens: load → pre-checks → rule → swap, and what of it may be remembered. */
export function createSessionManager<I extends Identity>(options: SessionManagerOptions<I>): SessionManager<I> {
  const { platform, store, ask, keys, codec, known, clockMarginMs, maxStalenessMs, emit, prove } = options;
  const answers = createSessionAnswers<I>(options);
  const { rememberedOrNew, tokenOf, offer } = answers;
  const offerNext = (session: KnownSession<I>, row: SessionRow, token: string) =>
    offer(row, token, toScheme(session.allowed.caller.session?.cnf), () => session.endedReason !== undefined);
  const preCheck = createPreChecks(options);

  function decode(token: string): TokenFields | undefined {
    const fields = codec.decode(token);
    if (fields !== "unknown_key") return fields;
    const again = keys.refresh() ? codec.decode(token) : undefined;
    return again === "unknown_key" ? undefined : again;
  }

  function applyRotationRule(
    asked: Asked,
    reading: Reading | undefined,
    askedAt: number,
    epoch: number,
  ): Awaitable<Resumed<I>> {
    const { fields, request } = asked;
    if (reading === undefined) {
      expire(asked.ref, undefined, request);
      return { kind: "refused", reason: "expired", party: { ref: asked.ref } };
    }
    const { row, now } = reading;
    const outcome = judgePresentation(row, fields, now, keys.signing().id, asked.rotate);
    const isReuse = outcome.kind === "refuse" && outcome.code === "reuse";
    if (isReuse && isSpared(row)) return refuse(reading, asked, "superseded");
    const { change } = outcome;
    if (change === undefined) return settle(asked, outcome, reading, askedAt, epoch);
    const swappedAt = platform.monotonic();
    const write = () =>
      ask(() => after(store.swapSession(reading, change, mustLast(row, change)), (next) => requireRef(next, row.ref)));
    const swapped = rescue(write, (error) => {
      // It may have been written although no answer came, and then no later call raises the alarm.
      if (isReuse) emit({ kind: "reuse", ...namesOf(row), generation: fields.generation }, asked.request);
      throw error;
    });
    return after(swapped, (next) => {
      if (next !== undefined) return settle(asked, outcome, next, swappedAt, epoch);
      // Each question has a deadline of its own; a store that takes nearly that long each time must not add them up.
      if (asked.attempts >= maxAttempts || platform.monotonic() >= asked.giveUpAt) {
        return { kind: "refused", reason: "unavailable" };
      }
      return load(asked);
    });
  }

  function load(asked: Asked): Awaitable<Resumed<I>> {
    const askedAt = platform.monotonic();
    const epoch = known.epoch;
    asked.attempts += 1;
    return after(
      ask(() => after(store.loadSession(asked.ref), (reading) => requireRef(reading, asked.ref))),
      (reading) => consider(asked, reading, askedAt, epoch),
    );
  }

  function consider(asked: Asked, reading: Reading | undefined, askedAt: number, epoch: number): Awaitable<Resumed<I>> {
    const session = reading?.row.revokedAt === null ? rememberedOrNew(reading.row) : undefined;
    const cnf = session?.allowed.caller.session?.cnf;
    const isPlain = cnf === undefined && session?.grant === undefined && asked.scheme === "bearer";
    if (session === undefined || isPlain) return applyRotationRule(asked, reading, askedAt, epoch);
    const preChecked = asked.preChecked ?? preCheck(session, asked);
    const party = toParty(session.allowed.caller);
    if (!(preChecked instanceof Promise)) {
      asked.preChecked = preChecked;
      if (preChecked.refused !== undefined) return { ...preChecked.refused, party };
      return after(applyRotationRule(asked, reading, askedAt, epoch), (done) => withHeaders(done, preChecked.headers));
    }
    return preChecked.then((settled) => {
      asked.preChecked = settled;
      asked.giveUpAt = platform.monotonic() + options.storeTimeoutMs;
      // The reading has grown old meanwhile: the session may have ended, and nothing could be written by it.
      return settled.refused === undefined ? load(asked) : { ...settled.refused, party };
    });
  }

  /** Told where this process knew the session: so once here, and not with every dead token that somebody presents. */
  function expire(ref: string, subject: string | undefined, request: RequestOrigin): void {
    if (known.end(ref, "expired")) emit({ kind: "session-ended", ref, reason: "expired", subject }, request);
  }

  /** A policy that fails must not spare a thief. */
  function isSpared({ ref, subject }: SessionRow): boolean {
    try {
      return options.onReuse({ ref, subject }) === "refuse";
    } catch {
      return false;
    }
  }

  function settle(asked: Asked, outcome: Outcome, reading: Reading, askedAt: number, epoch: number): Resumed<I> {
    const { row, now } = reading;
    const { token, fields, request, preChecked } = asked;
    if (outcome.kind === "refuse") return refuse(reading, asked, outcome.code);
    const session = rememberedOrNew(row);
    const { generation } = row;
    if (outcome.event === "healed") emit({ kind: "healed", ...namesOf(row), generation }, request);
    if (outcome.give) {
      if (outcome.event === "turned") emit({ kind: "rotated", ref: row.ref, generation }, request);
      const next = tokenOf(row, fields.sessionId);
      return next === undefined ? session.allowed : { ...session.allowed, offer: offerNext(session, row, next) };
    }
    // Only the confirmed current generation is worth remembering: one that is not due cannot have been superseded.
    const undueMs = Math.min(rotationDueAt(row), sessionDeadline(row)) - now - clockMarginMs;
    // Nothing tells when a grant ends: it is asked for again after as long as a revocation may go unnoticed.
    const grantedUntil =
      session.grant === undefined ? Number.POSITIVE_INFINITY : (preChecked?.askedAt ?? 0) + maxStalenessMs;
    const acceptUntil = Math.min(askedAt + undueMs, grantedUntil);
    const current = row.confirmedAt !== null && fields.generation === row.generation;
    if (current && acceptUntil > askedAt && session.grant?.parent === undefined && known.epoch === epoch) {
      known.remember(session, token, acceptUntil, askedAt + maxStalenessMs);
    }
    return session.allowed;
  }

  function refuse({ row, now }: Reading, { fields, request }: Asked, code: RefusalCode): Resumed<I> {
    const names = namesOf(row);
    const { ref } = names;
    const party = { ...names, actor: row.actor ?? undefined };
    const { generation } = fields;
    switch (code) {
      case "superseded":
        emit({ kind: "superseded", ...names, generation }, request);
        return { kind: "refused", reason: "superseded", party };
      case "reuse":
        emit({ kind: "reuse", ...names, generation }, request);
        known.end(ref, "reuse");
        return { kind: "refused", reason: "revoked", party };
      case "revoked":
        known.end(ref, row.revokedReason ?? code);
        return { kind: "refused", reason: code, party };
      case "expired": // under `overlapping` it may be the token alone that has expired
        if (now >= sessionDeadline(row)) expire(ref, row.subject, request);
        return { kind: "refused", reason: code, party };
      default:
        return code satisfies never;
    }
  }

  return {
    ...createOpenSession({ ...options, recentEnds: known.recentEnds }, answers),
    verify: decode,
    resume(token, { rotate = true }, scheme, request) {
      const remembered = known.accept(token);
      if (remembered !== undefined) {
        const cnf = remembered.caller.session?.cnf;
        if (cnf === undefined && scheme === "bearer") return remembered;
        return rescue<Resumed<I>>(
          () =>
            after(prove(cnf, { token, scheme, request }), (possession) =>
              possession.kind === "refused"
                ? { ...possession, party: toParty(remembered.caller) }
                : withHeaders(remembered, possession.headers),
            ),
          () => unavailable,
        );
      }
      return rescue<Resumed<I>>(
        () => {
          const fields = decode(token);
          if (fields === undefined) return { kind: "refused", reason: "invalid_token" };
          const giveUpAt = platform.monotonic() + options.storeTimeoutMs;
          const ref = toRef(fields.sessionId);
          return load({ token, scheme, request, fields, rotate, ref, giveUpAt, attempts: 0, preChecked: undefined });
        },
        () => unavailable,
      );
    },
  };
}

const namesOf = ({ ref, subject }: SessionRow) => ({ ref, subject });

const unavailable = Object.freeze({ kind: "refused", reason: "unavailable" } as const);

function withHeaders<I extends Identity>(resumed: Resumed<I>, headers: HeaderFields | undefined): Resumed<I> {
  return headers === undefined ? resumed : { ...resumed, headers };
}

/**
 * A turn or a confirmation that a power cut takes back heals by itself; the first presentation of a session and its
 * end do not.
 */
function mustLast(row: SessionRow, change: SessionChange): boolean {
  return change.revokedAt !== undefined || (change.claimed === true && !row.claimed);
}
