import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { createEventHub } from "../../engine/event-hub.js";
import { mostConnections } from "../admit/post.js";
import type { GatewayConfig } from "../config/config.js";
import type { AddressConfig } from "../listen/listen-config.js";
import { createListeners, type Listeners } from "../listen/listeners.js";
import { createLog, type Logger } from "../observe/log.js";
import type { BeginSpan } from "../observe/spans.js";
import { createTelemetry } from "../observe/telemetry.js";
import { openAudit } from "./open-audit.js";
import { createKeptParts, createState, type GatewayState } from "./state.js";

/** Options of `startGateway`. */
export interface GatewayOptions {
  readonly platform?: Platform | undefined;
  /** The log. Default: lines of JSON on standard output, at the configured level. */
  readonly log?: Logger | undefined;
  /** Reloads, for the RPC `reload`, and returns the text for its caller. Default: the RPC does not exist. */
  readonly reload?: (() => Awaitable<string>) | undefined;
}

const gatewayKinds: OptionKinds<GatewayOptions> = { platform: "object", log: "object", reload: "function" };

/** `all` of the stop, all but `limits.stopDelayMs` (`no-delay`), or `none`: connections are destroyed at once. Default: `all`. */
export type StopPatience = "all" | "no-delay" | "none";

/** A running gateway. */
export interface Gateway {
  readonly log: Logger;
  /** Returns the addresses in the order of the configuration, with the ports that were taken for 0. */
  addresses(): readonly AddressConfig[];
  /** Returns the address of liveness, readiness and metrics, if it is configured. */
  adminAddress(): AddressConfig | undefined;
  /**
   * Handles later requests by a new configuration; requests under way end with the one they began with. Listeners,
   * sessions and signing keys stay, and store and pools are replaced only where their configuration has changed.
   * Remembered credentials are forgotten.
   *
   * @returns the parts that take effect at the next start only
   * @throws {AuthError} `invalid_options` when the configuration cannot be used: then the old one stays
   */
  reload(config: GatewayConfig): { readonly restartNeeded: readonly RestartPart[] };
  /** Records that a configuration was refused. */
  refused(): void;
  /** Opens the file of the audit again, after it was moved away. */
  reopenAudit(): void;
  /**
   * Stops and closes all, within `limits.stopTimeoutMs`. Readiness goes first; for `limits.stopDelayMs` requests are still
   * taken, so that balancers can notice; then calls under way may finish, and WebSockets are closed one after the other.
   * May be called again, with less patience.
   */
  stop(patience?: StopPatience): Promise<void>;
}

const restartParts = ["listen", "admin", "limits", "audit", "traces"] as const;

/** A part of the configuration that is fixed while the gateway runs: a change takes effect at the next start. */
export type RestartPart = (typeof restartParts)[number];

/**
 * Starts the gateway: listeners, and behind them one immutable state that a reload swaps.
 *
 * @throws rejects with `AuthError` `invalid_options`, or with the system's error when it cannot listen on an address
 */
export async function startGateway(config: GatewayConfig, options: GatewayOptions = {}): Promise<Gateway> {
  requireArgument("startGateway", "config (what loadConfig returns)", config, "object");
  requireOptions("startGateway", options, gatewayKinds);
  const { platform = systemPlatform, log = createLog(config.log), reload } = options;
  let listeners: Listeners | undefined;
  let stopped: Promise<void> | undefined;
  let patience: StopPatience = "all";
  let hurry = (): void => {};
  const telemetry = createTelemetry(log, platform, {
    openConnections: () => listeners?.openConnections() ?? 0,
    openStreams: () => kept.streams.size,
    upstreams: () => state.upstreams(),
    outside: () => state.outside(),
    logShare: () => state.config.log.requests,
    stopping: () => listeners === undefined || stopped !== undefined,
    store: () => state.store,
    obstacle: () => state.auth.front.obstacle(),
  });
  const beginSpan = config.traces ? await loadSpans() : undefined;
  const kept = createKeptParts(platform, telemetry.onStore, telemetry.onWarning);
  const audit = openAudit(config.audit, platform);
  const hub = createEventHub({ platform, onEvent: telemetry.onEvent, audit: audit.options });
  const make = (next: GatewayConfig): GatewayState =>
    // The listeners have the limits of the start, and so has all else.
    createState(
      { ...next, limits: config.limits },
      { platform, kept, reload, beginSpan, audit: audit.options, ...telemetry },
    );
  let state = await orClosing(() => make(config));
  const retired = new Set<GatewayState>();
  const { listening, admin } = await orClosing(listen, () => state.close());
  const stopWatch = telemetry.watchDescriptors(connectionsOf(config));
  hub.emit({ kind: "configuration", change: "started", digest: config.digest });

  /** Closes what was opened when the start fails. */
  async function orClosing<T>(attempt: () => T | Promise<T>, close?: () => Promise<void>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      await close?.();
      await audit.close();
      throw error;
    }
  }

  /** Listens for probes first: they may get "not ready", and an address that is taken must not let traffic in. */
  async function listen() {
    const admin = await telemetry.open(config.admin);
    try {
      const { onFault, onMalformed } = telemetry;
      listeners = await createListeners(config, state.handlers, { platform, onFault, onMalformed });
      return { listening: listeners, admin };
    } catch (error) {
      await admin?.close();
      throw error;
    }
  }

  /** Stops the listener for probes last: until then it answers that the gateway is stopping. */
  async function stop(): Promise<void> {
    const { stopDelayMs, stopTimeoutMs } = config.limits;
    listening.announceStop();
    log.info({ kind: "stopping", connections: listening.openConnections(), streams: kept.streams.size }, "stopping");
    const begunAt = platform.monotonic();
    if (patience === "all" && stopDelayMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = platform.delay(stopDelayMs, resolve, true);
        hurry = () => {
          cancel();
          resolve();
        };
      });
    }
    const leftMs = patience === "none" ? 0 : stopTimeoutMs - (platform.monotonic() - begunAt);
    // The last ones need a moment to answer.
    kept.tunnels.close(0.8 * leftMs);
    for (const one of [state, ...retired]) one.beginStop();
    await listening.stop(leftMs);
    await Promise.all([state, ...retired].map((one) => one.close()));
    stopWatch();
    await admin?.close();
    await audit.close();
  }

  return Object.freeze({
    log,
    addresses: () => listening.addresses(),
    adminAddress: () => admin?.address,
    reload(next: GatewayConfig) {
      if (stopped !== undefined) throw new AuthError("invalid_options", "the gateway is stopping");
      const before = state;
      state = make(next);
      hub.emit({ kind: "configuration", change: "reloaded", digest: next.digest });
      listening.swap(state.handlers);
      if (options.log === undefined) log.level = next.log.level;
      retired.add(before);
      void before.retire().finally(() => retired.delete(before));
      return {
        restartNeeded: restartParts.filter((part) => JSON.stringify(next[part]) !== JSON.stringify(config[part])),
      };
    },
    refused() {
      hub.emit({ kind: "configuration", change: "refused" });
    },
    reopenAudit: audit.reopen,
    stop(asked: StopPatience = "all") {
      if (stopped === undefined) {
        patience = asked;
        stopped = stop();
        return stopped;
      }
      if (asked !== "all") hurry();
      if (asked === "none") {
        patience = asked;
        void listening.stop(0);
      }
      return stopped;
    },
  });
}

/** As many as the limits allow at a time. */
function connectionsOf({ limits, upstreams, routes }: GatewayConfig): number {
  const services = new Set(routes.flatMap(({ authorize }) => authorize?.url ?? []));
  let connections = limits.maxConnections + services.size * mostConnections;
  for (const { maxConnections, others = [] } of upstreams.values()) connections += maxConnections * (1 + others.length);
  return connections;
}

async function loadSpans(): Promise<BeginSpan> {
  try {
    const { createSpans } = await import("../observe/open-telemetry-spans.js");
    return createSpans();
  } catch {
    throw new AuthError(
      "invalid_options",
      "traces needs a package that is not installed; run: npm install @opentelemetry/api@1",
    );
  }
}
