import { createHash } from "node:crypto";
import type { AuthenticationReason } from "../../model/decision.js";
import type { AuthEvent, Ender, EventOrigin, EventParty } from "../../model/events.js";

/** The events that are recorded: those of the engine, except rotations and faults of the server itself. */
export type AuditEventKind =
  | Exclude<
      AuthEvent["kind"],
      | "account-throttled"
      | "rotated"
      | "offer-lapsed"
      | "handler-failed"
      | "store-failed"
      | "keys-failed"
      | "keys-missing"
      | "keys-recovered"
      | "unknown-key"
      | "audit-failed"
    >
  /** Records before this one were not written; `lost` is their number. */
  | "records-lost";

/**
 * A record of the audit. No field holds text that a caller typed or presented, so none can hold a credential; each is
 * bounded and has no control character. Unknown fields are absent.
 */
export interface AuditRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event: AuditEventKind;
  /** `success` and `refused`: the result. `alarm`: the system handled it, and a person should look at it. */
  readonly outcome: "success" | "refused" | "alarm";
  /** The reason: a code of Sallyport, or the text that was given when a session was ended. */
  readonly reason?: string | undefined;
  /** The subject of the session or of the call. */
  readonly subject?: string | undefined;
  /** The actors that operate as the subject, nearest first. */
  readonly actors?: readonly string[] | undefined;
  /** The caller or operator who ended the session. */
  readonly by?: string | undefined;
  /** The actors that operated as `by`, nearest first. */
  readonly byActors?: readonly string[] | undefined;
  /** The scheme that was presented, if it is a registered one. */
  readonly scheme?: string | undefined;
  /** `ref` of the session. */
  readonly session?: string | undefined;
  readonly generation?: number | undefined;
  /**
   * The service of a ticket. When a ticket is issued, a hash of it, `sha256:` and 16 digits, since the caller chose the
   * name.
   */
  readonly service?: string | undefined;
  /** The client's address. */
  readonly address?: string | undefined;
  readonly correlationId?: string | undefined;
  /** The beginning of the SHA-256 of the configuration, in hexadecimal. */
  readonly configuration?: string | undefined;
  /** The account that was guessed at: a hash, `sha256:` and 16 digits, since a caller typed the name. */
  readonly account?: string | undefined;
  readonly lost?: number | undefined;
}

type Fields = Omit<AuditRecord, "time" | "event" | "correlationId">;

/**
 * Converts an event to its record.
 *
 * @returns `undefined` for an event that is not recorded
 */
export function toAuditRecord(event: AuthEvent, origin: EventOrigin): AuditRecord | undefined {
  const fields = toFields(event);
  if (fields === undefined) return undefined;
  const { at: time, address, correlationId } = origin;
  const known = { time, event: event.kind, address: address || undefined, correlationId, ...fields };
  const entries = Object.entries(known).filter(([, value]) => value !== undefined);
  return Object.freeze(
    Object.fromEntries(entries.map(([name, value]) => [name, bounded(value)])),
  ) as unknown as AuditRecord;
}

function toFields(event: AuthEvent): Fields | undefined {
  switch (event.kind) {
    case "session-opened":
    case "credentials-accepted":
    case "operate-as":
      return { outcome: "success", ...partyOf(event) };
    case "operate-as-refused":
      return { outcome: "refused", ...partyOf(event) };
    case "ticket-issued":
      return { outcome: "success", ...partyOf(event), service: toMark(event.service) };
    case "ticket-redeemed":
      return { outcome: "success", ...partyOf(event), service: event.service };
    case "ticket-misused":
      return { outcome: "alarm", reason: event.reason, session: event.ref, service: event.service };
    case "ticket-refused":
      return { outcome: "refused", reason: event.reason, session: event.ref, service: event.service };
    case "session-ended":
    case "subject-ended":
      return { outcome: "success", reason: event.reason, ...partyOf(event), ...enderOf(event) };
    case "refused":
      if (recordedOtherwise.has(event.reason)) return undefined;
      return { outcome: "refused", reason: event.reason, ...partyOf(event) };
    case "superseded":
      return { outcome: "refused", ...partyOf(event), generation: event.generation };
    case "reuse":
    case "healed":
      return { outcome: "alarm", ...partyOf(event), generation: event.generation };
    case "configuration":
      return {
        outcome: event.change === "refused" ? "refused" : "success",
        reason: event.change,
        configuration: event.digest,
      };
    case "account-stopped":
      return { outcome: "alarm", account: toMark(event.account) };
    case "account-reset":
      return { outcome: "success", account: toMark(event.account) };
    case "source-throttled":
      return { outcome: "alarm", ...(event.source !== undefined && { address: event.source }) };
    // Each throttled attempt is recorded as refused.
    case "account-throttled":
    case "rotated":
    case "offer-lapsed":
    case "handler-failed":
    case "callback-failed":
    case "recheck-failed":
    case "recheck-disagrees":
    case "store-failed":
    case "keys-failed":
    case "keys-missing":
    case "keys-recovered":
    case "unknown-key":
    case "audit-failed":
      return undefined;
    // Which ones has the log: a record has no field for it, and it is an alarm that every node raises.
    case "keys-revoked":
      return { outcome: "alarm" };
    default:
      return event satisfies never;
  }
}

/**
 * Refusals that are not recorded: without credentials nothing was refused, and the others have an event of their own
 * (one for a whole flood of guesses).
 */
const recordedOtherwise: ReadonlySet<AuthenticationReason> = new Set([
  "no_credentials",
  "superseded",
  "operate_as_refused",
  "throttled",
] as const);

function partyOf({ ref, subject, actor, via = [], scheme }: EventParty): Partial<Fields> {
  const actors = actor === undefined ? undefined : [actor, ...via];
  return { subject, actors, scheme, session: ref };
}

function enderOf({ by, byActors }: Ender): Partial<Fields> {
  return { by, byActors };
}

/**
 * Hashes a name that a caller chose: an operator who knows the possible names can recognize it, and no secret typed as
 * a name is recorded.
 */
function toMark(service: string): string {
  return `sha256:${createHash("sha256").update(service).digest("hex").slice(0, 16)}`;
}

/** The longest text: that of a subject. */
const longestText = 256;

const mostActors = 16;

/**
 * Characters that some readers take for a line break (NEL, U+2028), that reverse text (U+202E), or that are half of a
 * surrogate pair.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.slice(0, mostActors).map(bounded));
  if (typeof value !== "string") return value;
  return value.slice(0, longestText).replace(unprintable, "\uFFFD");
}
