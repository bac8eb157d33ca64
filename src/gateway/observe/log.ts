import { METHODS } from "node:http";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { NodeRequest } from "../../adapters/node/request.js";
import { toErrorName } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { correlationIdOf } from "../../credentials/correlation-id.js";
import type { AuthEvent, EventOrigin } from "../../model/events.js";
import type { GatewayConfig } from "../config/config.js";
import { type RequestOutcome, toRouteName } from "../route/outcome.js";

export type { Logger } from "pino";

/**
 * Lines of JSON, on standard output unless told otherwise.
 *
 * What is logged: at `info` each log-in, ended session and refused request; at `warn` each failed request, reuse and
 * heal; at `error` handlers, stores and certificates that fail; at `debug` every other request, and every turn of a
 * token.
 */
export function createLog({ level }: GatewayConfig["log"], destination?: DestinationStream): Logger {
  const options = {
    level,
    // No process id and host name: whoever collects logs knows them.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

const levels: Readonly<Record<AuthEvent["kind"], "debug" | "info" | "warn" | "error">> = {
  // A refused request has a line of its own; a refused log-in RPC has this one.
  refused: "debug",
  rotated: "debug",
  superseded: "debug",
  "session-opened": "info",
  "session-ended": "info",
  "subject-ended": "info",
  "ticket-issued": "info",
  "ticket-redeemed": "info",
  "ticket-misused": "warn",
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
  "handler-failed": "error",
  "store-failed": "error",
};

/** What the engine tells. Errors by their class alone: a message may hold what a handler was given. */
export function logEvent(log: Logger, event: AuthEvent, { address, correlationId }: EventOrigin): void {
  const level = levels[event.kind];
  if (!log.isLevelEnabled(level)) return;
  // An audit that is down fails with every record; the metric counts them.
  if (event.kind === "audit-failed" && event.repeated) return;
  log[level]({ ...toEventFields(event), id: correlationId, peer: address }, event.kind);
}

function toEventFields(event: AuthEvent): object {
  switch (event.kind) {
    case "handler-failed": {
      const { kind, scheme, failure } = event;
      const error = failure.kind === "threw" ? toErrorName(failure.error) : undefined;
      return { kind, scheme, failure: failure.kind, error };
    }
    case "store-failed":
    case "audit-failed":
      return { kind: event.kind, error: toErrorName(event.error) };
    default:
      return event;
  }
}

/** A fault that is nobody's request: for `onFault` of the listeners. */
export function logFault(log: Logger, what: string, error: unknown): void {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  log.error({ kind: "fault", error: toErrorName(error), code }, what);
}

/** The session of an HTTP/2 stream that has ended throws when it is asked. */
function peerOf(request: NodeRequest): string | undefined {
  try {
    return request.socket.remoteAddress;
  } catch {
    return undefined;
  }
}

/**
 * One line for a request. No header but `traceparent` and `X-Request-Id` is looked at, and no query: both are where
 * credentials travel.
 */
export function logOutcome(log: Logger, platform: Platform, request: NodeRequest, outcome: RequestOutcome): void {
  const level = levelOf(outcome);
  // Before anything is made: at `info` a request that is let through costs one comparison.
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
      return { reason: outcome.reason, route: toRouteName(outcome.route) };
    case "proxied": {
      const { caller } = outcome;
      const { subject } = caller?.identity ?? {};
      return { route: toRouteName(outcome.route), subject, actor: caller?.actor?.subject, scheme: caller?.scheme };
    }
    case "service":
      return {};
    default:
      return outcome satisfies never;
  }
}

/** What is longer is more likely a token than a name: our own have 80 characters, a UUID 36. */
const longestSegment = 40;

/** HTTP/2 takes any word for a method, a token too. */
const methods: ReadonlySet<string> = new Set(METHODS);

const longestPath = 256;

/** Without query, and without what may be a credential that somebody has put into the path. */
function toLoggedPath(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  // An absolute target may hold user and password.
  if (!path.startsWith("/")) return "";
  const segments = path.slice(0, longestPath).split("/");
  return segments.map((segment) => (segment.length > longestSegment ? "*" : segment)).join("/");
}
