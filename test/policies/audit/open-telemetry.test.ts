import assert from "node:assert/strict";
import { test } from "node:test";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { openTelemetryLogs } from "../../../src/policies/audit/open-telemetry.js";
import type { AuditRecord } from "../../../src/policies/audit/record.js";

const record: AuditRecord = {
  time: 1_800_000_000_123,
  event: "operate-as",
  outcome: "success",
  subject: "bob",
  actors: ["ada"],
  session: "Zh6yK_qy95BQ8hjSxJAabg",
  address: "192.0.2.7",
  correlationId: "0af7651916cd43dd8448eb211c80319c",
};
const alarm: AuditRecord = { time: 1, event: "reuse", outcome: "alarm", generation: 3 };

test("the real SDK gets each record as an event, with time, severity and attributes", async () => {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const sink = openTelemetryLogs({ logger: provider.getLogger("test") });
  await sink.write(record, true);
  await sink.write(alarm, false);
  await provider.forceFlush();
  const [first, second] = exporter.getFinishedLogRecords();
  assert.equal(first?.eventName, "sallyport.operate-as");
  assert.deepEqual(first?.hrTime, [1_800_000_000, 123_000_000]);
  assert.equal(first?.severityNumber, SeverityNumber.INFO);
  assert.deepEqual(first?.attributes, {
    "sallyport.outcome": "success",
    "user.id": "bob",
    "sallyport.actors": ["ada"],
    "session.id": "Zh6yK_qy95BQ8hjSxJAabg",
    "client.address": "192.0.2.7",
    "sallyport.correlation_id": "0af7651916cd43dd8448eb211c80319c",
  });
  assert.deepEqual([second?.severityNumber, second?.attributes["sallyport.generation"]], [SeverityNumber.WARN, 3]);
});

test("without a provider a record is not written, and with one that comes later it is", async () => {
  const sink = openTelemetryLogs();
  assert.throws(() => sink.write(record, true), /no logger takes the record/);
  const exporter = new InMemoryLogRecordExporter();
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
  await sink.write(record, true);
  assert.equal(exporter.getFinishedLogRecords().length, 1);
  logs.disable();
});
