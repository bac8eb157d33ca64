import type { NodeRequest } from "../../adapters/node/request.js";
import type { Platform } from "../../base/platform.js";
import type { OnEvent } from "../../model/events.js";
import type { AddressConfig } from "../listen/listen-config.js";
import type { RequestOutcome } from "../route/outcome.js";
import { type Admin, openAdmin } from "./admin.js";
import { createReadiness } from "./health.js";
import { type Logger, logEvent, logFault, logOutcome } from "./log.js";
import type { MeasuredStore, StoreOperation } from "./measured-store.js";
import { createMetrics } from "./metrics.js";

/**
 * How long an end on another node may go unnoticed here while the store's feed is silent: the engine's own default, said
 * here because it is a metric too.
 */
export const revocationBoundMs = 5_000;

/** What the telemetry looks at when it is asked. */
export interface TelemetrySources {
  openConnections(): number;
  stopping(): boolean;
  /** Of the state in force. */
  store(): MeasuredStore;
}

/** All that is told of a running gateway: where each part of it reports to. */
export interface Telemetry {
  readonly onEvent: OnEvent;
  readonly onOutcome: (request: NodeRequest, outcome: RequestOutcome) => void;
  readonly onStore: (operation: StoreOperation, ms: number) => void;
  readonly onFault: (what: string, error: unknown) => void;
  readonly onWarning: (message: string) => void;
  /** Listens for probes and collectors, if it is configured. */
  open(address: AddressConfig | undefined): Promise<Admin | undefined>;
}

/** One place where logs and metrics hear of everything. */
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
