import { createHash } from "node:crypto";
import type { AuthenticationReason } from "../../model/decision.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";

/** What is recorded of what happened: the events of the engine but those of every turn, and of faults of ours. */
export type AuditEventKind =
  | Exclude<AuthEvent["kind"], "account-throttled" | "rotated" | "handler-failed" | "store-failed" | "audit-failed">
  /** Records before this one were not written: `lost` says how many. */
  | "records-lost";

/**
 * One line of the audit. No field takes what a caller has typed or presented, so none can hold a credential; each is
 * bounded, and none has a control character. What is not known is not there.
 */
export interface AuditRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event: AuditEventKind;
  /** `alarm`: it went as it must, and a person should look. */
  readonly outcome: "success" | "refused" | "alarm";
  /** Why: a code of ours, or the reason that whoever ended a session gave. */
  readonly reason?: string | undefined;
  /** Whose session it is, or who is calling. */
  readonly subject?: string | undefined;
  /** Who operates as the subject, nearest first. */
  readonly actors?: readonly string[] | undefined;
  /** Who ended the session, where an operator did. */
  readonly by?: string | undefined;
  /** The scheme that was presented, if it is a registered one. */
  readonly scheme?: string | undefined;
  /** `ref` of the session. */
  readonly session?: string | undefined;
  readonly generation?: number | undefined;
  /** The service of a ticket. Of one that is issued a hash, `sha256:` and 16 digits: its caller chose the name. */
  readonly service?: string | undefined;
  /** The client's address. */
  readonly address?: string | undefined;
  readonly correlationId?: string | undefined;
  /** The beginning of the SHA-256 of the configuration, in hexadecimal. */
  readonly configuration?: string | undefined;
  /** The account that was guessed at: a hash, `sha256:` and 16 digits, since somebody typed it. */
  readonly account?: string | undefined;
  readonly lost?: number | undefined;
}

type Fields = Omit<AuditRecord, "time" | "event" | "correlationId">;

/** @returns `undefined` for what is not recorded. */
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
      return { outcome: "success", ...partyOf(event) };
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
    case "session-ended":
      return { outcome: "success", reason: event.reason, ...partyOf(event), by: event.by };
    case "subject-ended":
      return { outcome: "success", reason: event.reason, subject: event.subject, by: event.by };
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
    // Of each attempt there is a refusal.
    case "account-throttled":
    case "rotated":
    case "handler-failed":
    case "store-failed":
    case "audit-failed":
      return undefined;
    default:
      return event satisfies never;
  }
}

/** Nothing was presented, so nothing was refused; the others have an event of their own, a flood of guesses one for all. */
const recordedOtherwise: ReadonlySet<AuthenticationReason> = new Set([
  "no_credentials",
  "superseded",
  "operate_as_refused",
  "throttled",
] as const);

/** What an event may say of somebody. */
interface Party {
  readonly ref?: string | undefined;
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly via?: readonly string[] | undefined;
  readonly scheme?: string | undefined;
}

function partyOf({ ref, subject, actor, via = [], scheme }: Party): Partial<Fields> {
  const actors = actor === undefined ? undefined : [actor, ...via];
  return { subject, actors, scheme, session: ref };
}

/** For whoever knows which names there are, of what a caller may name as they like. */
function toMark(service: string): string {
  return `sha256:${createHash("sha256").update(service).digest("hex").slice(0, 16)}`;
}

/** As long as a subject may be. */
const longestText = 256;

const mostActors = 16;

/** What starts a line somewhere (NEL, U+2028), turns text around (U+202E) or is half a character. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.slice(0, mostActors).map(bounded));
  if (typeof value !== "string") return value;
  return value.slice(0, longestText).replace(unprintable, "\uFFFD");
}
