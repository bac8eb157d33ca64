import type { Outside } from "../../base/breaker.js";
import type { Platform } from "../../base/platform.js";
import type { OnEvent } from "../../model/events.js";
import type { AddressConfig } from "../listen/listen-config.js";
import type { MalformedBytes } from "../listen/listeners.js";
import { createAccessLog } from "./access-log.js";
import { type Admin, openAdmin } from "./admin.js";
import { watchDescriptors } from "./descriptors.js";
import { createReadiness, type Readiness } from "./health.js";
import { type Logger, logEvent, logFault } from "./log.js";
import type { MeasuredStore, StoreOperation } from "./measured-store.js";
import { createMetrics } from "./metrics.js";
import type { OnAnswered } from "./on-answered.js";
import type { UpstreamUse } from "./upstream-metrics.js";

/**
 * How long an end on another node may stay unknown here while the store's feed is silent: the engine's default, given
 * here because it is also a metric.
 */
export const revocationBoundMs = 5_000;

/** The values that the telemetry reads when metrics are collected. */
export interface TelemetrySources {
  openConnections(): number;
  openStreams(): number;
  /** The upstreams of the state in force. */
  upstreams(): Iterable<UpstreamUse>;
  /** What is outside this process and may fail, of the state in force. */
  outside(): Iterable<Outside>;
  stopping(): boolean;
  /** How many of the requests that were answered have a line in the log: 0 to 1. */
  logShare(): number;
  /** Returns the store of the state in force. */
  store(): MeasuredStore;
  /** Why the engine of the state in force wants no callers; `undefined`: it does. */
  obstacle(): string | undefined;
}

/** The telemetry of a running gateway, to which each of its parts reports. */
export interface Telemetry {
  readonly onEvent: OnEvent;
  readonly ready: Readiness;
  readonly onAnswered: OnAnswered;
  readonly onStore: (operation: StoreOperation, ms: number) => void;
  readonly onFault: (what: string, error: unknown) => void;
  readonly onMalformed: (bytes: MalformedBytes) => void;
  readonly onWarning: (message: string) => void;
  /**
   * Tells when no file descriptor is left, or may be. Returns a function that stops it.
   *
   * @param connections as many as the limits allow
   */
  watchDescriptors(connections: number): () => void;
  /** Listens for probes and collectors, if it is configured. */
  open(address: AddressConfig | undefined): Promise<Admin | undefined>;
}

/** Makes the telemetry, which passes each event on to log and metrics. */
export function createTelemetry(log: Logger, platform: Platform, sources: TelemetrySources): Telemetry {
  const metrics = createMetrics({
    openConnections: () => sources.openConnections(),
    openStreams: () => sources.openStreams(),
    upstreams: () => sources.upstreams(),
    outside: () => sources.outside(),
    stalenessMs: () => sources.store().stalenessMs(),
    stalenessBoundMs: () => revocationBoundMs,
  });
  const logAccess = createAccessLog(log, platform, () => sources.logShare());
  const ready = createReadiness({
    store: () => sources.store(),
    stopping: () => sources.stopping(),
    obstacle: () => sources.obstacle(),
    platform,
  });
  const descriptors = watchDescriptors(log, platform);
  return {
    ready,
    watchDescriptors(connections) {
      descriptors.start(connections);
      return descriptors.stop;
    },
    onEvent(event, origin) {
      metrics.onEvent(event);
      logEvent(log, event, origin);
    },
    onAnswered(request, outcome, answered) {
      if (outcome.kind === "failed") descriptors.note(outcome.code);
      metrics.onAnswered(outcome, answered);
      logAccess(request, outcome, answered);
    },
    onStore: metrics.onStore,
    onFault: (what, error) => logFault(log, what, error),
    onMalformed({ code, words, peer }) {
      const reason = code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "bad_request";
      metrics.onMalformed(reason);
      log.info({ kind: "malformed", peer, reason, code, detail: words && `no HTTP/1.1: ${words}` }, "refused");
    },
    onWarning: (message) => log.warn({ kind: "warning" }, message),
    open: async (address) => {
      if (address === undefined) return undefined;
      metrics.measureProcess();
      return openAdmin(address, { metrics, ready });
    },
  };
}
