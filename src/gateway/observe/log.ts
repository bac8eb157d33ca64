import type { IncomingMessage } from "node:http";
import { METHODS } from "node:http";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { clientAddressOf } from "../../adapters/node/relayed-client.js";
import { toErrorName } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { correlationIdOf } from "../../credentials/correlation-id.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";
import type { GatewayConfig } from "../config/config.js";
import type { StreamRequest } from "../listen/stream-request.js";
import { type RequestOutcome, toRouteName } from "../route/outcome.js";

export type { Logger } from "pino";

/**
 * Makes the log: lines of JSON.
 *
 * It holds at `info` each log-in, ended session and refused request; at `warn` each failed request, reuse and
 * heal; at `error` handlers, stores and certificates that fail; at `debug` every other request, and every rotation of
 * a token.
 *
 * @param destination the stream of the lines. Default: standard output
 */
export function createLog({ level }: GatewayConfig["log"], destination?: DestinationStream): Logger {
  const options = {
    level,
    // No process id and host name: the collector of the logs adds them.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

const levels: Readonly<Record<AuthEvent["kind"], "debug" | "info" | "warn" | "error">> = {
  // A refused request has its own line, by `logOutcome`; a refused log-in RPC has this one.
  refused: "debug",
  rotated: "debug",
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
    case "store-failed":
    case "keys-failed":
    case "audit-failed":
      return { kind: event.kind, error: toErrorName(event.error) };
    default:
      return event;
  }
}

type Incoming = IncomingMessage | StreamRequest;

/** Logs a fault that no request caused: for `onFault` of the listeners. */
export function logFault(log: Logger, what: string, error: unknown): void {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  log.error({ kind: "fault", error: toErrorName(error), code }, what);
}

/** Returns the peer's address, as the engine's events have it. The session of an HTTP/2 stream that has ended throws when it is read: `undefined`. */
function peerOf(request: Incoming): string | undefined {
  try {
    return clientAddressOf(request.socket);
  } catch {
    return undefined;
  }
}

/**
 * Logs one line for a request. It reads no header but `traceparent` and `X-Request-Id`, and no query, since both may
 * hold credentials.
 */
export function logOutcome(log: Logger, platform: Platform, request: Incoming, outcome: RequestOutcome): void {
  const level = levelOf(outcome);
  // Checked first: at `info` a forwarded request costs one comparison.
  if (!log.isLevelEnabled(level)) return;
  log[level](
    {
      kind: "request",
      id: correlationIdOf(request.rawHeaders, platform),
      method: methods.has(request.method ?? "") ? request.method : "*",
      path: toLoggedPath(request.url ?? ""),
      peer: peerOf(request),
      ...toFields(outcome),
    },
    outcome.kind,
  );
}

function levelOf(outcome: RequestOutcome): "debug" | "info" | "warn" {
  if (outcome.kind === "refused") return outcome.denial.code === "unavailable" ? "warn" : "info";
  return outcome.kind === "failed" ? "warn" : "debug";
}

function toFields(outcome: RequestOutcome): object {
  switch (outcome.kind) {
    case "refused":
      return { reason: outcome.denial.reason, route: outcome.route && toRouteName(outcome.route) };
    case "failed":
      return {
        reason: outcome.reason,
        route: toRouteName(outcome.route),
        upstream: outcome.route.upstream,
        code: outcome.code,
        detail: outcome.detail,
      };
    case "proxied": {
      const { caller } = outcome;
      const { subject } = caller?.identity ?? {};
      return { route: toRouteName(outcome.route), subject, actor: caller?.actor?.subject, scheme: caller?.scheme };
    }
    case "preflight":
    case "service":
      return {};
    default:
      return outcome satisfies never;
  }
}

/**
 * The longest logged segment of a path. A longer one is likely a token: a session token has 84 characters, a UUID 36.
 */
const longestSegment = 40;

/** The methods that are logged. HTTP/2 accepts any word as a method, also a token. */
const methods: ReadonlySet<string> = new Set(METHODS);

const longestPath = 256;

/** Returns the path for a log line: without the query, and without segments that may be credentials. */
function toLoggedPath(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  // An absolute target may hold user and password.
  if (!path.startsWith("/")) return "";
  const segments = path.slice(0, longestPath).split("/");
  return segments.map((segment) => (segment.length > longestSegment ? "*" : segment)).join("/");
}
