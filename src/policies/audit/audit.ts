import { type Awaitable, adopt, after, rescue, withinTime } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";
import { type AuditRecord, toAuditRecord } from "./record.js";

/** Where records go: `jsonLines("./audit.jsonl")`, or `{ write: (record) => … }` of your own. */
export interface AuditSink {
  /**
   * Writes one record. By a promise where that takes time; a throw or a rejection says that it is not written.
   *
   * @param essential something waits for it, and comes to nothing if it cannot be written
   */
  write(record: AuditRecord, essential: boolean): Awaitable<void>;
  /** Writes what still waits, and lets go of files. */
  close?(): Awaitable<void>;
}

/** Who did what, when, from where: for `createAuth`. */
export interface AuditOptions {
  readonly sinks: readonly AuditSink[];
  /**
   * What becomes of a log-in, a ticket or an operate-as whose record a sink could not write. `"continue"`: it goes on,
   * `audit-failed` counts it. `"refuse"`: it is `unavailable`, and whatever was begun is undone. There is no default: the
   * one loses records, the other log-ins.
   */
  readonly onFailure: "continue" | "refuse";
  /** How long a sink may take, in milliseconds. Default: 2,000, as long as the store. */
  readonly timeoutMs?: number | undefined;
}

export interface Audit {
  /** Throws or rejects with `unavailable` only for what must not happen unrecorded; else it is not to be waited for. */
  record(event: AuthEvent, origin: EventOrigin): Awaitable<void>;
  close(): Promise<void>;
}

/** What must not happen unrecorded under `onFailure: "refuse"`. An end must not fail because nobody can write it down. */
const essentials: ReadonlySet<AuthEvent["kind"]> = new Set([
  "session-opened",
  "operate-as",
  "ticket-issued",
  "ticket-redeemed",
]);

/** @param tell hears of records that were not written. */
export function createAudit(
  { sinks, onFailure, timeoutMs = 2_000 }: AuditOptions,
  platform: Platform,
  tell: (event: AuthEvent) => void,
): Audit {
  const failing = new Set<AuditSink>();

  /** Settles with the error, if there was one. */
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

/** @throws {AuthError} `invalid_options` for what is no audit */
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
