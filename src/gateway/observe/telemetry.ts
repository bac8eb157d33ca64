import type { IncomingMessage } from "node:http";
import type { Platform } from "../../base/platform.js";
import type { OnEvent } from "../../model/events.js";
import type { AddressConfig } from "../listen/listen-config.js";
import type { StreamRequest } from "../listen/stream-request.js";
import type { RequestOutcome } from "../route/outcome.js";
import { type Admin, openAdmin } from "./admin.js";
import { createReadiness } from "./health.js";
import { type Logger, logEvent, logFault, logOutcome } from "./log.js";
import type { MeasuredStore, StoreOperation } from "./measured-store.js";
import { createMetrics } from "./metrics.js";

/**
 * How long an end on another node may stay unknown here while the store's feed is silent: the engine's default, given
 * here because it is also a metric.
 */
export const revocationBoundMs = 5_000;

/** The values that the telemetry reads when metrics are collected. */
export interface TelemetrySources {
  openConnections(): number;
  stopping(): boolean;
  /** Returns the store of the state in force. */
  store(): MeasuredStore;
}

/** The telemetry of a running gateway, to which each of its parts reports. */
export interface Telemetry {
  readonly onEvent: OnEvent;
  readonly onOutcome: (request: IncomingMessage | StreamRequest, outcome: RequestOutcome) => void;
  readonly onStore: (operation: StoreOperation, ms: number) => void;
  readonly onFault: (what: string, error: unknown) => void;
  readonly onWarning: (message: string) => void;
  /** Listens for probes and collectors, if it is configured. */
  open(address: AddressConfig | undefined): Promise<Admin | undefined>;
}

/** Makes the telemetry, which passes each event on to log and metrics. */
export function createTelemetry(log: Logger, platform: Platform, sources: TelemetrySources): Telemetry {
  const metrics = createMetrics({
    openConnections: () => sources.openConnections(),
    stalenessMs: () => sources.store().stalenessMs(),
    stalenessBoundMs: () => revocationBoundMs,
  });
  const ready = createReadiness({ store: () => sources.store().store, stopping: () => sources.stopping(), platform });
  return {
    onEvent(event, origin) {
      metrics.onEvent(event);
      logEvent(log, event, origin);
    },
    onOutcome(request, outcome) {
      metrics.onOutcome(outcome);
      logOutcome(log, platform, request, outcome);
    },
    onStore: metrics.onStore,
    onFault: (what, error) => logFault(log, what, error),
    onWarning: (message) => log.warn({ kind: "warning" }, message),
    open: async (address) => (address === undefined ? undefined : openAdmin(address, { metrics, ready })),
  };
}
