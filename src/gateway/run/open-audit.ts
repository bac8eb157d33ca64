import type { Platform } from "../../base/platform.js";
import type { AuditOptions, AuditSink } from "../../policies/audit/audit.js";
import { jsonLines } from "../../policies/audit/json-lines.js";
import type { AuditConfig } from "../config/sections/audit.js";

/** One file for all states of a gateway, from its start to its end. */
export interface GatewayAudit {
  /** For each engine, which closes what it is given; this one it only borrows. */
  readonly options: AuditOptions | undefined;
  reopen(): void;
  close(): Promise<void>;
}

/** @throws {AuthError} `invalid_options` when the file cannot be opened */
export function openAudit(config: AuditConfig | undefined, platform: Platform): GatewayAudit {
  if (config === undefined) return { options: undefined, reopen() {}, async close() {} };
  const { file, fsync, onFailure } = config;
  const sink = jsonLines(file, { fsync, platform });
  const borrowed: AuditSink = { write: (record, essential) => sink.write(record, essential) };
  return { options: { sinks: [borrowed], onFailure }, reopen: () => sink.reopen(), close: () => sink.close() };
}
