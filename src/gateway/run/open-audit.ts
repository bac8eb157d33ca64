import type { Platform } from "../../base/platform.js";
import type { AuditOptions, AuditSink } from "../../policies/audit/audit.js";
import { jsonLines } from "../../policies/audit/json-lines.js";
import type { AuditConfig } from "../config/sections/audit.js";

/** The audit of a gateway: one file for all its states, from its start to its end. */
export interface GatewayAudit {
  /** Options for each engine. An engine closes the sink that it is given; closing this one leaves the file open. */
  readonly options: AuditOptions | undefined;
  reopen(): void;
  close(): Promise<void>;
}

/**
 * Opens the file of the audit.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be opened
 */
export function openAudit(config: AuditConfig | undefined, platform: Platform): GatewayAudit {
  if (config === undefined) return { options: undefined, reopen() {}, async close() {} };
  const { file, fsync, onFailure } = config;
  const sink = jsonLines(file, { fsync, platform });
  const borrowed: AuditSink = { write: (record, essential) => sink.write(record, essential) };
  return { options: { sinks: [borrowed], onFailure }, reopen: () => sink.reopen(), close: () => sink.close() };
}
