import { after, rescue } from "../awaitable.js";
import type { Allowed } from "../decision.js";
import { AuthError } from "../errors.js";
import type { Awaitable } from "../handlers/handler.js";
import { type Identity, requireIdentityJson } from "../identity.js";
import type { Reading, SessionCaps, SessionChange, SessionRow, SessionRules } from "../stores/store.js";
import { type AnswersOptions, createAnswers } from "./answers.js";
import type { Keys } from "./keys.js";
import { type Outcome, present, type RefusalCode, rotationDueAt, sessionDeadline } from "./rotation.js";
import type { Session } from "./session.js";
import { type TokenFields, toRef } from "./token.js";

/** Why a session token was refused. */
export type TokenRefusal = "invalid_token" | "expired" | "revoked" | "superseded" | "unavailable";

export type Resumed<I extends Identity> = Allowed<I> | { readonly kind: "refused"; readonly reason: TokenRefusal };

/** Who logged in, as a handler accepted it. */
export interface LoggedIn {
  readonly identity: Identity;
  readonly actor?: Identity | undefined;
  /** In lower case. */
  readonly scheme: string;
  /** Milliseconds since 1970: the session ends then at the latest. */
  readonly expiresAt?: number | undefined;
  /** Monotonic instant before the credentials were checked. A subject ended since then gets no session. */
  readonly checkedAt: number;
}

export interface Opened<I extends Identity> {
  readonly allowed: Allowed<I>;
  readonly session: Session;
  readonly token: string;
}

export interface SessionManager<I extends Identity> {
  /**
   * Opens a session.
   *
   * @param claimed `false` for a token that is only offered: it lives `unclaimedMs` until it comes back, and the
   *   caller does not wait for the disk.
   * @throws {AuthError} `invalid_identity`; `session_ended` when the subject was ended while the credentials were
   *   checked; `unavailable` when the store cannot answer.
   */
  open(who: LoggedIn, claimed: boolean): Awaitable<Opened<I>>;
  /** Judges a session token. Never throws. Answers at once when the token is remembered, or the store is local. */
  resume(token: string, rotate: boolean): Awaitable<Resumed<I>>;
}

export interface SessionManagerOptions<I extends Identity> extends AnswersOptions<I> {
  readonly keys: Keys;
  readonly rules: SessionRules;
  readonly caps: SessionCaps;
  readonly storeTimeoutMs: number;
  readonly clockMarginMs: number;
  readonly maxStalenessMs: number;
  readonly onReuse: (session: { readonly ref: string; readonly subject: string }) => "revoke" | "refuse";
}

/** A verified token on its way through load → rule → swap. */
interface Asked {
  readonly token: string;
  readonly fields: TokenFields;
  readonly rotate: boolean;
  readonly ref: string;
  /** Monotonic instant from which a lost swap is not tried again. */
  readonly giveUpAt: number;
  attempts: number;
}

/** A compare-and-set loses only to another one, and the rule settles after two; more than this is a broken store. */
const maxAttempts = 8;

/** Opens sessions and judges their tokens: load → rule → swap, and what of it may be remembered. */
export function createSessionManager<I extends Identity>(options: SessionManagerOptions<I>): SessionManager<I> {
  const { platform, store, ask, keys, codec, known, clockMarginMs, maxStalenessMs, emit } = options;

  const { know, tokenOf, offer } = createAnswers<I>(options);

  function decode(token: string): TokenFields | undefined {
    const fields = codec.decode(token);
    if (fields !== "unknown_key") return fields;
    const again = keys.refresh() ? codec.decode(token) : undefined;
    return again === "unknown_key" ? undefined : again;
  }

  function judge(asked: Asked, reading: Reading | undefined, askedAt: number, epoch: number): Awaitable<Resumed<I>> {
    const { token, fields } = asked;
    if (reading === undefined) {
      known.end(asked.ref, "expired");
      return { kind: "refused", reason: "expired" };
    }
    const { row, now } = reading;
    const outcome = present(row, fields, now, keys.signing().id, asked.rotate);
    const isReuse = outcome.kind === "refuse" && outcome.code === "reuse";
    if (isReuse && isSpared(row)) return refuse(reading, fields, "superseded");
    const { change } = outcome;
    if (change === undefined) return settle(token, fields, outcome, reading, askedAt, epoch);
    const swappedAt = platform.monotonic();
    const write = () =>
      ask(() => after(store.swapSession(reading, change, mustLast(row, change)), (next) => requireRef(next, row.ref)));
    const swapped = rescue(write, (error) => {
      // It may have been written although no answer came, and then no later call raises the alarm.
      if (isReuse) emit({ kind: "reuse", ref: row.ref, subject: row.subject, generation: fields.generation });
      throw error;
    });
    return after(swapped, (next) => {
      if (next !== undefined) return settle(token, fields, outcome, next, swappedAt, epoch);
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
      (reading) => judge(asked, reading, askedAt, epoch),
    );
  }

  /** A policy that fails must not spare a thief. */
  function isSpared({ ref, subject }: SessionRow): boolean {
    try {
      return options.onReuse({ ref, subject }) === "refuse";
    } catch {
      return false;
    }
  }

  function settle(
    token: string,
    fields: TokenFields,
    outcome: Outcome,
    reading: Reading,
    askedAt: number,
    epoch: number,
  ): Resumed<I> {
    const { row, now } = reading;
    if (outcome.kind === "refuse") return refuse(reading, fields, outcome.code);
    const session = know(row);
    if (outcome.event === "healed") emit({ kind: "healed", ref: row.ref, generation: row.generation });
    if (outcome.give) {
      if (outcome.event === "turned") emit({ kind: "rotated", ref: row.ref, generation: row.generation });
      const next = tokenOf(row, fields.sessionId);
      return next === undefined ? session.allowed : { ...session.allowed, offer: offer(session, row, next) };
    }
    // Only the confirmed current generation is worth remembering: one that is not due cannot have been superseded.
    const left = Math.min(rotationDueAt(row), sessionDeadline(row)) - now - clockMarginMs;
    const current = row.confirmedAt !== null && fields.generation === row.generation;
    if (current && left > 0 && known.epoch === epoch) {
      known.remember(session, token, askedAt + left, askedAt + maxStalenessMs);
    }
    return session.allowed;
  }

  function refuse({ row, now }: Reading, fields: TokenFields, code: RefusalCode): Resumed<I> {
    const { ref, subject } = row;
    switch (code) {
      case "superseded":
        emit({ kind: "superseded", ref, generation: fields.generation });
        return { kind: "refused", reason: "superseded" };
      case "reuse":
        emit({ kind: "reuse", ref, subject, generation: fields.generation });
        known.end(ref, "reuse");
        return { kind: "refused", reason: "revoked" };
      case "revoked":
        known.end(ref, row.revokedReason ?? code);
        return { kind: "refused", reason: code };
      case "expired": // under `overlapping` it may be the token alone that has expired
        if (now >= sessionDeadline(row)) known.end(ref, code);
        return { kind: "refused", reason: code };
      default:
        return code satisfies never;
    }
  }

  return {
    open(who, claimed) {
      const { identity, actor, scheme } = who;
      requireIdentityJson(identity);
      if (actor !== undefined) requireIdentityJson(actor);
      const sessionId = platform.random(16);
      const signingKey = keys.signing();
      const lifeMs =
        who.expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(who.expiresAt - platform.now());
      if (lifeMs <= 0) throw new AuthError("invalid_identity", "the credentials' own expiry has passed");
      const session = {
        ref: toRef(sessionId),
        subject: identity.subject,
        actor: actor?.subject ?? null,
        identity: JSON.stringify({ identity, actor }),
        scheme,
        rules: lifeMs < options.rules.absoluteMs ? { ...options.rules, absoluteMs: lifeMs } : options.rules,
        keyId: signingKey.id,
        claimed,
        loginMs: Math.max(0, platform.monotonic() - who.checkedAt),
      };
      return after(
        ask(() =>
          after(store.openSession(session, options.caps, claimed), (opened) => requireRef(opened, session.ref)),
        ),
        ({ row }) => {
          if (row.revokedAt !== null) throw new AuthError("session_ended", "the subject was ended during the log-in");
          const token = tokenOf(row, sessionId);
          if (token === undefined) throw new AuthError("unavailable", "the signing key left the ring; try again");
          const fresh = know(row);
          emit({ kind: "session-opened", ref: row.ref, subject: row.subject, scheme });
          const allowed: Allowed<I> = { ...fresh.allowed, offer: offer(fresh, row, token) };
          return { allowed, session: fresh.allowed.caller.session as Session, token };
        },
      );
    },
    resume(token, rotate) {
      const remembered = known.accept(token);
      if (remembered !== undefined) return remembered;
      return rescue<Resumed<I>>(
        () => {
          const fields = decode(token);
          if (fields === undefined) return { kind: "refused", reason: "invalid_token" };
          const giveUpAt = platform.monotonic() + options.storeTimeoutMs;
          return load({ token, fields, rotate, ref: toRef(fields.sessionId), giveUpAt, attempts: 0 });
        },
        () => ({ kind: "refused", reason: "unavailable" }),
      );
    },
  };
}

/**
 * A turn or a confirmation that a power cut takes back heals by itself; the first presentation of a session and its
 * end do not.
 */
function mustLast(row: SessionRow, change: SessionChange): boolean {
  return change.revokedAt !== undefined || (change.claimed === true && !row.claimed);
}

/** A store that mixes up its answers must not let anybody in as somebody else. */
function requireRef<R extends Reading | undefined>(reading: R, ref: string): R {
  if (reading !== undefined && (reading.row.ref !== ref || !Number.isFinite(reading.now))) {
    throw new TypeError("the store answered with another session");
  }
  return reading;
}
