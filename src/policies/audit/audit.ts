import { type Awaitable, adopt, after, rescue, withinTime } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { OptionKinds } from "../../base/options.js";
import type { Platform } from "../../base/platform.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";
import { type AuditRecord, toAuditRecord } from "./record.js";

/** A destination of records: `jsonLines("./audit.jsonl")`, or your own `{ write: (record) => … }`. */
export interface AuditSink {
  /**
   * Writes one record. A throw or a rejection means that it was not written.
   *
   * @param essential the operation waits for the record, and fails if it cannot be written
   */
  write(record: AuditRecord, essential: boolean): Awaitable<void>;
  /** Writes the records that still wait, and closes files. */
  close?(): Awaitable<void>;
}

/** Options of the audit, for `createAuth`. The audit records who did what, when, and from where. */
export interface AuditOptions {
  readonly sinks: readonly AuditSink[];
  /**
   * What to do with a log-in, accepted credentials that open no session, a ticket or an operate-as whose record a sink could not write. `"continue"`: it succeeds,
   * and an event `audit-failed` is emitted. `"refuse"`: it is `unavailable`, and what was begun is undone. There is no
   * default: the first loses records, the second log-ins.
   */
  readonly onFailure: "continue" | "refuse";
  /** How long a sink may take, in milliseconds. Default: 2,000, as for the store. */
  readonly timeoutMs?: number | undefined;
}

/** The names and kinds of `AuditOptions`. */
export const auditKinds: OptionKinds<AuditOptions> = { sinks: "any", onFailure: "any", timeoutMs: "number" };

export interface Audit {
  /**
   * Records an event. Throws or rejects with `unavailable` only for an event that must not happen unrecorded; other
   * events need not be awaited.
   */
  record(event: AuthEvent, origin: EventOrigin): Awaitable<void>;
  close(): Promise<void>;
}

/**
 * The events that must not happen unrecorded under `onFailure: "refuse"`. The end of a session is not one: it must not
 * fail because it cannot be recorded.
 */
const essentials: ReadonlySet<AuthEvent["kind"]> = new Set([
  "session-opened",
  "credentials-accepted",
  "operate-as",
  "ticket-issued",
  "ticket-redeemed",
]);

/**
 * Makes the audit of an engine.
 *
 * @param tell called for each record that was not written
 */
export function createAudit(
  { sinks, onFailure, timeoutMs = 2_000 }: AuditOptions,
  platform: Platform,
  tell: (event: AuthEvent) => void,
): Audit {
  const failing = new Set<AuditSink>();

  /** Writes a record to one sink. Returns the error, if there was one. */
  function write(sink: AuditSink, record: AuditRecord, essential: boolean): Awaitable<unknown> {
    return rescue<unknown>(
      () =>
        after(withinTime(adopt(sink.write(record, essential)), platform, timeoutMs), () => {
          failing.delete(sink);
          return undefined;
        }),
      (error) => {
        tell({ kind: "audit-failed", error, repeated: failing.has(sink) });
        failing.add(sink);
        return error ?? new Error("no error");
      },
    );
  }

  return {
    record(event, origin) {
      const record = toAuditRecord(event, origin);
      if (record === undefined) return;
      const essential = onFailure === "refuse" && essentials.has(event.kind);
      const outcomes = sinks.map((sink) => write(sink, record, essential));
      if (!essential) return;
      const settled = outcomes.some((outcome) => outcome instanceof Promise) ? Promise.all(outcomes) : outcomes;
      return after(settled, (errors: readonly unknown[]) => {
        if (errors.every((error) => error === undefined)) return;
        throw new AuthError("unavailable", "the audit cannot be written now; try again");
      });
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close?.()));
    },
  };
}

/**
 * Checks the options and freezes them.
 *
 * @throws {AuthError} `invalid_options` without a sink, without `onFailure`, or for a malformed `timeoutMs`
 */
export function requireAudit(options: AuditOptions | undefined): AuditOptions | undefined {
  if (options === undefined) return undefined;
  const { sinks, onFailure, timeoutMs = 1 } = options;
  if (!Array.isArray(sinks) || sinks.length === 0 || sinks.some((sink) => typeof sink?.write !== "function")) {
    throw new AuthError(
      "invalid_options",
      'audit needs sinks: [jsonLines("./audit.jsonl")], or { write: (record) => … }',
    );
  }
  if (onFailure !== "continue" && onFailure !== "refuse") {
    throw new AuthError(
      "invalid_options",
      'audit needs onFailure: "continue" loses records when a sink fails, "refuse" loses log-ins',
    );
  }
  if (!(timeoutMs > 0)) throw new AuthError("invalid_options", "audit.timeoutMs must be a number of milliseconds");
  return Object.freeze({ ...options, sinks: Object.freeze([...sinks]) });
}
