import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { toErrorName } from "../../base/errors.js";
import { toMissingText, toRevokedText, toUnknownKeyText } from "../../engine/key-event-text.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";
import type { LogConfig } from "../config/sections/log.js";
import { openLogOutput } from "./log-output.js";
import { toTextLines } from "./text-lines.js";

export type { Logger } from "pino";

/**
 * Makes the log.
 *
 * It holds at `info` each request, log-in and ended session; at `warn` each failed request, reuse and heal; at `error`
 * handlers, stores and certificates that fail; at `debug` every rotation of a token.
 *
 * @param destination the stream of the lines. Default: standard output
 */
export function createLog({ level, format }: LogConfig, destination?: DestinationStream): Logger {
  const options = {
    level,
    // No process id and host name: the collector of the logs adds them.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const stream = destination ?? openLogOutput();
  return pino(options, format === "text" ? toTextLines(stream) : stream);
}

const levels: Readonly<Record<AuthEvent["kind"], "debug" | "info" | "warn" | "error">> = {
  // A refused request has its own line, by `logOutcome`; a refused log-in RPC has this one.
  refused: "debug",
  rotated: "debug",
  "offer-lapsed": "debug",
  superseded: "debug",
  "session-opened": "info",
  "session-ended": "info",
  "subject-ended": "info",
  "ticket-issued": "info",
  "ticket-redeemed": "info",
  "ticket-misused": "warn",
  "ticket-refused": "info",
  "credentials-accepted": "info",
  "operate-as": "info",
  "operate-as-refused": "warn",
  "account-throttled": "info",
  "source-throttled": "info",
  "account-reset": "info",
  "account-stopped": "warn",
  reuse: "warn",
  healed: "warn",
  configuration: "info",
  "audit-failed": "error",
  "keys-failed": "error",
  "keys-missing": "error",
  "keys-recovered": "info",
  "keys-revoked": "warn",
  "unknown-key": "warn",
  "handler-failed": "error",
  "callback-failed": "error",
  "recheck-failed": "warn",
  "recheck-disagrees": "warn",
  "store-failed": "error",
};

/** Logs an event of the engine. An error is logged by its class alone: a message may hold credentials. */
export function logEvent(log: Logger, event: AuthEvent, { address, correlationId }: EventOrigin): void {
  const level = levels[event.kind];
  if (!log.isLevelEnabled(level)) return;
  // An audit that is down fails with every record; the metric counts them.
  if ((event.kind === "audit-failed" || event.kind === "keys-failed") && event.repeated) return;
  log[level]({ ...toEventFields(event), id: correlationId, peer: address }, event.kind);
}

function toEventFields(event: AuthEvent): object {
  switch (event.kind) {
    case "handler-failed": {
      const { kind, scheme, failure } = event;
      const error = failure.kind === "threw" ? toErrorName(failure.error) : undefined;
      const found = failure.kind === "invalid-verdict" ? failure.found : undefined;
      return { kind, scheme, failure: failure.kind, error, found };
    }
    case "callback-failed":
      return { kind: event.kind, callback: event.callback, error: toErrorName(event.error) };
    case "keys-missing":
      return { ...event, detail: toMissingText(event) };
    case "keys-revoked":
      return { ...event, detail: toRevokedText(event.keyIds) };
    case "unknown-key":
      return { ...event, detail: toUnknownKeyText(event) };
    case "store-failed":
    case "keys-failed":
    case "audit-failed":
      return { kind: event.kind, error: toErrorName(event.error) };
    default:
      return event;
  }
}

/** Logs a fault that no request caused: for `onFault` of the listeners. */
export function logFault(log: Logger, what: string, error: unknown): void {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  log.error({ kind: "fault", error: toErrorName(error), code }, what);
}
