import { type Logger, logs, SeverityNumber } from "@opentelemetry/api-logs";
import type { AuditSink } from "./audit.js";
import type { AuditRecord } from "./record.js";

/** What `openTelemetryLogs` takes. */
export interface OpenTelemetryLogsOptions {
  /** Default: that of the global provider, by the name `sallyport`. */
  readonly logger?: Logger | undefined;
}

/** Names of attributes: OpenTelemetry's own where it has one, else below `sallyport.`. */
const names: Readonly<Partial<Record<keyof AuditRecord, string>>> = {
  subject: "user.id",
  address: "client.address",
  session: "session.id",
  correlationId: "sallyport.correlation_id",
};

/**
 * The audit as OpenTelemetry logs: a record is a log event `sallyport.<event>`, with its fields as attributes, at `WARN` for
 * an alarm and at `INFO` for all else.
 *
 * A logger takes a record and says no more, so `onFailure: "refuse"` does not wait for an exporter here: put a `jsonLines`
 * beside it where records must not be lost. Where no provider is set up a record counts as not written.
 */
export function openTelemetryLogs(options: OpenTelemetryLogsOptions = {}): AuditSink {
  const { logger = logs.getLogger("sallyport") } = options;
  return Object.freeze({
    write(record: AuditRecord) {
      const severityNumber = record.outcome === "alarm" ? SeverityNumber.WARN : SeverityNumber.INFO;
      const eventName = `sallyport.${record.event}`;
      if (logger.enabled?.({ severityNumber, eventName }) === false) throw new Error("no logger takes the record");
      logger.emit({ eventName, timestamp: record.time, severityNumber, attributes: attributesOf(record) });
    },
  });
}

function attributesOf({
  time: _time,
  event: _event,
  ...fields
}: AuditRecord): Record<string, string | number | string[]> {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([name, value]) => [
      names[name as keyof AuditRecord] ?? `sallyport.${name}`,
      Array.isArray(value) ? [...value] : (value as string | number),
    ]),
  );
}
