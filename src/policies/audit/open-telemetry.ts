import { type Logger, logs, SeverityNumber } from "@opentelemetry/api-logs";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import type { AuditSink } from "./audit.js";
import type { AuditRecord } from "./record.js";

/** Options of `openTelemetryLogs`. */
export interface OpenTelemetryLogsOptions {
  /** The logger. Default: that of the global provider with the name `sallyport`. */
  readonly logger?: Logger | undefined;
}

const openTelemetryLogsKinds: OptionKinds<OpenTelemetryLogsOptions> = { logger: "object" };

/** The names of attributes: OpenTelemetry's own if it has one, else below `sallyport.`. */
const names: Readonly<Partial<Record<keyof AuditRecord, string>>> = {
  subject: "user.id",
  address: "client.address",
  session: "session.id",
  correlationId: "sallyport.correlation_id",
};

/**
 * Makes a sink that writes records as OpenTelemetry logs: a log event `sallyport.<event>`, with the fields as
 * attributes, at `WARN` for an alarm and at `INFO` otherwise.
 *
 * A logger does not report whether a record was exported, so `onFailure: "refuse"` cannot wait for an exporter: add a
 * `jsonLines` sink if records must not be lost. Without a provider, a record counts as not written.
 */
export function openTelemetryLogs(options: OpenTelemetryLogsOptions = {}): AuditSink {
  requireOptions("openTelemetryLogs", options, openTelemetryLogsKinds);
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
