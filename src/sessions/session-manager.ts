import { type Awaitable, after, atOnce, rescue } from "../base/awaitable.js";
import type { Allowed, AuthenticateOptions } from "../model/decision.js";
import { toParty } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import type { PossessionRequest, PresentedToken } from "../model/possession.js";
import type { HeaderFields, RequestOrigin } from "../model/request.js";
import type { Reading, SessionChange, SessionRow } from "../model/store.js";
import { isDerived, type KnownSession } from "./known-sessions.js";
import { createOpenSession, type OpenSession, type OpenSessionOptions, requireRef } from "./open-session.js";
import { createPreChecks, type PreChecked, type PreCheckParts, type Refused } from "./pre-checks.js";
import { type Rechecked, withRecheck } from "./recheck.js";
import { createRefusals } from "./refusals.js";
import { judgePresentation, type Outcome, rotationDueAt, sessionDeadline } from "./rotation.js";
import { createSessionAnswers, type SessionAnswersOptions, toScheme } from "./session-answers.js";
import { toOwner } from "./session-content.js";
import { keyIdOf, type TokenFields, toRef } from "./token.js";
import { createUnknownKeys } from "./unknown-keys.js";

type LookOptions = Pick<AuthenticateOptions, "rotate">;

export type Resumed<I extends Identity> = Allowed<I> | Refused;

export interface SessionManager<I extends Identity> extends OpenSession<I> {
  /** Returns the fields of a token of this deployment, without asking the store; `undefined` for any other text. */
  verify(token: string): TokenFields | undefined;
  /** Returns the remembered session of a row, or makes and remembers it. */
  remembered(row: SessionRow): KnownSession<I>;
  /** Judges a session token. Never throws. Returns no promise when the token is remembered, or the store is local. */
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
  /** The result of the pre-checks, which run once: a proof may not be used twice. */
  preChecked: PreChecked | undefined;
  /** What the handler said of the owner, who is asked about once. */
  rechecked: Rechecked | undefined;
}

/**
 * The most tries of a swap. A compare-and-set fails only by another one, and the rule settles after two: more is a
 * fault.
 */
const maxAttempts = 8;

/** Makes the manager, which opens sessions and judges their tokens: load → pre-checks → rule → swap → remember. */
export function createSessionManager<I extends Identity>(options: SessionManagerOptions<I>): SessionManager<I> {
  const { platform, store, ask, keys, codec, known, clockMarginMs, maxStalenessMs, emit, prove, recheck } = options;
  const answers = createSessionAnswers<I>(options);
  const { rememberedOrNew, tokenOf, offer } = answers;
  const offerNext = (session: KnownSession<I>, row: SessionRow, token: string) =>
    offer(row, token, toScheme(session.allowed.caller.session?.cnf), () => session.endedReason !== undefined);
  const preCheck = createPreChecks(options);
  const tellUnknownKey = createUnknownKeys(platform, emit);
  const { refuse, expire, endOver } = createRefusals(options);

  function decode(token: string, source?: RequestOrigin): TokenFields | undefined {
    const fields = codec.decode(token);
    if (fields !== "unknown_key") return fields;
    const again = keys.refresh() ? codec.decode(token) : fields;
    if (again !== "unknown_key") return again;
    const keyId = keyIdOf(token);
    if (keys.durable && source !== undefined && !keys.accountsFor(keyId)) tellUnknownKey(keyId, source);
    return undefined;
  }

  function applyRotationRule(
    asked: Asked,
    reading: Reading | undefined,
    askedAt: number,
    epoch: number,
  ): Awaitable<Resumed<I>> {
    const { fields, request } = asked;
    if (reading === undefined) {
      const party = { ref: asked.ref };
      expire(party, request);
      return { kind: "refused", reason: "expired", party };
    }
    const { row, now } = reading;
    const outcome = judgePresentation(row, fields, now, keys.signing().id, asked.rotate);
    const isReuse = outcome.kind === "refuse" && outcome.code === "reuse";
    if (isReuse && isSpared(row)) return refuse(reading, fields.generation, "superseded", asked.request);
    if (outcome.kind === "accept" && asked.rechecked === undefined) {
      const said = recheck(rememberedOrNew(row), row, now, outcome.event === "turned");
      if (said instanceof Promise) {
        return said.then((settled) => {
          asked.rechecked = settled;
          return loadAgain(asked);
        });
      }
      asked.rechecked = said;
    }
    const said = outcome.kind === "accept" ? asked.rechecked : undefined;
    if (said?.kind === "refused") return { kind: "refused", reason: said.reason, party: toOwner(row) };
    const change = withRecheck(row, now, outcome.change, said);
    if (change === undefined) return settle(asked, outcome, reading, askedAt, epoch);
    const swappedAt = platform.monotonic();
    const write = () =>
      ask(() => after(store.swapSession(reading, change, mustLast(row, change)), (next) => requireRef(next, row.ref)));
    const swapped = rescue(write, (error) => {
      // It may have been written although no answer came, and then no later call raises the alarm.
      if (isReuse) emit({ kind: "reuse", ...toOwner(row), generation: fields.generation }, asked.request);
      throw error;
    });
    return after(swapped, (next) => {
      if (next !== undefined && said?.kind === "gone") return endOver(next.row, said.reason, asked.request);
      if (next !== undefined) return settle(asked, outcome, next, swappedAt, epoch);
      // Each call of the store has its own deadline; the calls of a store that needs nearly all of it must not add up.
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
    const isPlain = session === undefined || (cnf === undefined && !isDerived(session) && asked.scheme === "bearer");
    if (isPlain) return applyRotationRule(asked, reading, askedAt, epoch);
    const preChecked = asked.preChecked ?? preCheck(session, asked);
    const party = toParty(session.allowed.caller);
    if (!(preChecked instanceof Promise)) {
      asked.preChecked = preChecked;
      if (preChecked.refused !== undefined) return { ...preChecked.refused, party };
      return after(applyRotationRule(asked, reading, askedAt, epoch), (done) => withHeaders(done, preChecked.headers));
    }
    return preChecked.then((settled) => {
      asked.preChecked = settled;
      return settled.refused === undefined ? loadAgain(asked) : { ...settled.refused, party };
    });
  }

  /** The reading is old by now: the session may have ended, and a swap by it would be refused. */
  function loadAgain(asked: Asked): Awaitable<Resumed<I>> {
    asked.giveUpAt = platform.monotonic() + options.storeTimeoutMs;
    return load(asked);
  }

  /** Whether the policy spares a session whose token was reused. A policy that throws spares none. */
  function isSpared({ ref, subject }: SessionRow): boolean {
    try {
      return atOnce(() => options.onReuse({ ref, subject })) === "refuse";
    } catch (error) {
      emit({ kind: "callback-failed", callback: "onReuse", error });
      return false;
    }
  }

  function settle(asked: Asked, outcome: Outcome, reading: Reading, askedAt: number, epoch: number): Resumed<I> {
    const { row, now } = reading;
    const { token, fields, request, preChecked } = asked;
    if (outcome.kind === "refuse") return refuse(reading, fields.generation, outcome.code, request);
    const session = rememberedOrNew(row);
    session.sessionId ??= Uint8Array.from(fields.sessionId);
    const { generation } = row;
    if (outcome.event === "healed") emit({ kind: "healed", ...toOwner(row), generation }, request);
    if (outcome.event === "lapsed") emit({ kind: "offer-lapsed", ...toOwner(row), generation }, request);
    if (outcome.give) {
      if (outcome.event === "turned") emit({ kind: "rotated", ref: row.ref, generation }, request);
      const next = tokenOf(row, fields.sessionId);
      return next === undefined ? session.allowed : { ...session.allowed, offer: offerNext(session, row, next) };
    }
    // Only the confirmed current generation is remembered: while it is not due, it cannot have been superseded.
    const undueMs = Math.min(rotationDueAt(row), sessionDeadline(row)) - now - clockMarginMs;
    // The end of a grant has no event, nor has the expiry of a parent: both are checked again after as long as a
    // revocation may go unnoticed.
    const grantedUntil = isDerived(session) ? (preChecked?.askedAt ?? 0) + maxStalenessMs : Number.POSITIVE_INFINITY;
    const recheckAt = asked.rechecked?.kind === "holds" ? asked.rechecked.until : askedAt;
    const acceptUntil = Math.min(askedAt + undueMs, grantedUntil, recheckAt);
    const current = row.confirmedAt !== null && fields.generation === row.generation;
    if (current && acceptUntil > askedAt && known.epoch === epoch) {
      known.remember(session, token, acceptUntil, askedAt + maxStalenessMs);
    }
    return session.allowed;
  }

  return {
    ...createOpenSession({ ...options, recentEnds: known.recentEnds }, answers),
    verify: (token) => decode(token),
    remembered: rememberedOrNew,
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
          const fields = decode(token, request);
          if (fields === undefined) return { kind: "refused", reason: "invalid_token" };
          const giveUpAt = platform.monotonic() + options.storeTimeoutMs;
          const ref = toRef(fields.sessionId);
          const unasked = { attempts: 0, preChecked: undefined, rechecked: undefined };
          return load({ token, scheme, request, fields, rotate, ref, giveUpAt, ...unasked });
        },
        () => unavailable,
      );
    },
  };
}

const unavailable = Object.freeze({ kind: "refused", reason: "unavailable" } as const);

function withHeaders<I extends Identity>(resumed: Resumed<I>, headers: HeaderFields | undefined): Resumed<I> {
  return headers === undefined ? resumed : { ...resumed, headers };
}

/**
 * Whether a change must survive a power cut: the first presentation of a session, and its end. A rotation or a
 * confirmation that is lost heals by itself.
 */
function mustLast(row: SessionRow, change: SessionChange): boolean {
  return change.revokedAt !== undefined || (change.claimed === true && !row.claimed);
}
