import type { EventEmitter } from "node:events";
import type { Outside } from "../../base/breaker.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import { type AuthInternals, createInternals } from "../../engine/front.js";
import type { Handler } from "../../handlers/handler.js";
import { createKeptProviders, type KeptProviders } from "../../handlers/oidc/kept.js";
import type { Identity } from "../../model/identity.js";
import type { Caller } from "../../model/session.js";
import type { Store } from "../../model/store.js";
import { type Authorizers, createAuthorizers } from "../admit/authorizers.js";
import { type CallerCounts, createCallerCounts } from "../admit/caller-counts.js";
import { countsRequests } from "../admit/enter.js";
import type { GatewayConfig } from "../config/config.js";
import { openStore, type StoreConfig } from "../config/stores.js";
import { type Bridges, createBridges } from "../forward/bridge/bridge.js";
import type { UpstreamConfig } from "../forward/upstream-config.js";
import { createUpstreams, type Upstream, type Upstreams } from "../forward/upstreams.js";
import type { ListenerHandlers } from "../listen/listeners.js";
import { type MeasuredStore, measureStore, type StoreOperation } from "../observe/measured-store.js";
import { revocationBoundMs } from "../observe/telemetry.js";
import type { UpstreamUse } from "../observe/upstream-metrics.js";
import type { TicketsConfig } from "../own/own-config.js";
import { parseTrustedProxies } from "../route/forwarded.js";
import type { RouteMatch } from "../route/route-config.js";
import { createRouteTable } from "../route/routes.js";
import type { HandleOptions } from "./handle-options.js";
import { createRequestHandler } from "./handle-request.js";
import { type KeptThroughReload, keepThroughReload, type Taken } from "./keep-through-reload.js";
import { createOpenStreams, type OpenStreams, type StreamJudge } from "./open-streams.js";
import { createOpenTunnels, type OpenTunnels } from "./open-tunnels.js";
import { createLogin, createStateAuth, createStateHandlers, type StateAuthOptions } from "./state-auth.js";

/** The state that requests need, made from one configuration. It never changes: a reload makes a new one. */
export interface GatewayState {
  readonly config: GatewayConfig;
  readonly auth: Auth<Identity>;
  readonly handlers: ListenerHandlers;
  readonly store: MeasuredStore;
  upstreams(): Iterable<UpstreamUse>;
  /** What is outside this process and may fail. */
  outside(): Iterable<Outside>;
  /**
   * Closes the state when the requests that began with it are over: until then their streams must end with their
   * session. Its store and pools stay open while another state uses them.
   */
  retire(): Promise<void>;
  /** Answers calls that wait for the end of their session: a stop would wait for them. */
  beginStop(): void;
  /** Closes the state now. */
  close(): Promise<void>;
}

/** The resources that outlive a state: the next one takes them over where their configuration is the same. */
export interface KeptParts {
  readonly stores: KeptThroughReload<StoreConfig, MeasuredStore>;
  readonly upstreams: KeptThroughReload<UpstreamConfig, Upstreams>;
  readonly internals: AuthInternals;
  readonly providers: KeptProviders;
  readonly streams: OpenStreams;
  readonly tunnels: OpenTunnels;
  /** By what a route matches: another rate of it does not forget the counts. */
  readonly counts: KeptThroughReload<RouteMatch, CallerCounts>;
}

/**
 * Makes the resources that outlive a state.
 *
 * @param onStore called with the milliseconds of every operation of the store
 * @param onWarning called with what the store and the upstreams have to say to the operator
 */
export function createKeptParts(
  platform: Platform,
  onStore: (operation: StoreOperation, ms: number) => void = () => undefined,
  onWarning?: (message: string) => void,
): KeptParts {
  return {
    stores: keepThroughReload(
      (config) => measureStore(openStore(config, platform, { onWarning }), platform, onStore, onWarning),
      async ({ store }) => store.close(),
    ),
    upstreams: keepThroughReload(
      (config) => createUpstreams(new Map([[config.name, config]]), platform, onWarning),
      (upstreams) => upstreams.close(),
    ),
    internals: createInternals(),
    providers: createKeptProviders(),
    streams: createOpenStreams(platform),
    tunnels: createOpenTunnels(platform),
    counts: keepThroughReload(
      () => createCallerCounts(platform),
      () => {},
    ),
  };
}

export interface StateOptions
  extends StateAuthOptions,
    Pick<HandleOptions, "onAnswered" | "beginSpan" | "reload" | "ready"> {
  readonly kept: KeptParts;
}

/**
 * Makes a state. When a part of it cannot be made, all others are closed.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createState(
  config: GatewayConfig,
  { kept, onAnswered, beginSpan, reload, ready, ...options }: StateOptions,
): GatewayState {
  const { platform } = options;
  const stopping = new AbortController();
  const ending = new AbortController();
  const store = kept.stores.take(config.store);
  // The engine closes the store that it is given; this wrapper leaves the shared store open.
  const borrowed: Store = { ...store.resource.store, close: () => store.release() };
  const taken = new Map<string, Taken<Upstreams>>();
  const counts = new Map(config.routes.filter(countsRequests).map((route) => [route, kept.counts.take(route.match)]));
  let authorizers: Authorizers | undefined;
  const releaseAll = async (): Promise<void> => {
    authorizers?.close();
    await Promise.all([...taken.values(), ...counts.values(), store].map((one) => one.release()));
  };
  let auth: Auth<Identity>;
  let authenticators: readonly Pick<Handler, "outside">[];
  let handler: ListenerHandlers;
  let judge: StreamJudge;
  let bridges: Bridges;
  try {
    const routes = createRouteTable(config.routes, config.upstreams);
    authorizers = createAuthorizers(config.routes, platform, options.onWarning);
    const trust = parseTrustedProxies(config.trustedProxies);
    for (const [name, upstream] of config.upstreams) taken.set(name, kept.upstreams.take(upstream));
    const keptProviders = kept.providers;
    const login = createLogin(config, { ...options, keptProviders });
    const parts = { ...options, login, keptProviders, internals: kept.internals };
    const handlers = createStateHandlers(config, parts);
    authenticators = handlers;
    const made = createStateAuth(config, borrowed, parts, handlers);
    judge = { auth: made, routes };
    const hold: NonNullable<HandleOptions["hold"]> = (stream, end) => kept.streams.hold(judge, stream, end);
    // Streams that the gateway itself answers are held by way of the engine.
    const front = Object.freeze({ ...made.front, hold: (caller: Caller, end: () => void) => hold({ caller }, end) });
    auth = Object.freeze({ ...made, front });
    const upstreams = { get: (name: string) => taken.get(name)?.resource.get(name) };
    bridges = createBridges(config.upstreams.values(), {
      ...{ sealed: made.front.sealed, upstreams, platform, maxStalenessMs: revocationBoundMs },
      onWarning: options.onWarning,
    });
    const servicesOf = toServicesOf(config.tickets);
    handler = createRequestHandler({
      ...{ auth, hold, holdOpen: kept.tunnels.add },
      authorizerOf: authorizers.of,
      countsOf: (route) => (counts.get(route) as Taken<CallerCounts>).resource,
      servicesOf,
      login,
      services: config.services,
      cors: config.cors,
      reload,
      beginSpan,
      ...{ ready, stopping: stopping.signal, ending: ending.signal },
      maxHeaderBytes: config.limits.maxHeaderBytes,
      routes,
      upstreams,
      bridges,
      upstreamConstants: bridges.constants,
      trust,
      platform,
      ...(onAnswered && { onAnswered }),
    });
  } catch (error) {
    void releaseAll();
    throw error;
  }

  kept.streams.judgeBy(judge);

  let underWay = 0;
  let onIdle: (() => void) | undefined;
  let closed: Promise<void> | undefined;

  function hold(answer: EventEmitter): void {
    underWay += 1;
    answer.once("close", () => {
      underWay -= 1;
      if (underWay === 0) onIdle?.();
    });
  }

  function close(): Promise<void> {
    bridges.close();
    closed ??= auth.close().then(releaseAll);
    return closed;
  }

  return {
    config,
    auth,
    store: store.resource,
    *upstreams() {
      for (const [name, { resource }] of taken) {
        const { shares, addresses } = resource.get(name) as Upstream;
        const { used, places, waiting } = shares;
        yield { name, used, places, waiting, addresses };
      }
    },
    *outside() {
      const canWrite = store.resource.writeFault() === undefined;
      yield { kind: "store", name: config.store.kind, state: canWrite ? "closed" : "open" };
      for (const [name, { resource }] of taken) {
        yield { kind: "upstream", name, state: (resource.get(name) as Upstream).breaker.state };
      }
      for (const one of authenticators) yield* one.outside?.() ?? [];
      for (const one of authorizers?.list() ?? []) yield one.outside();
    },
    handlers: {
      ...handler,
      request(request, response) {
        hold(response);
        return handler.request(request, response);
      },
      stream(request) {
        hold(request.stream);
        return handler.stream(request);
      },
      upgrade(request, socket, head) {
        hold(socket);
        return handler.upgrade(request, socket, head);
      },
    },
    beginStop() {
      stopping.abort();
      ending.abort();
    },
    close,
    retire() {
      ending.abort();
      if (underWay === 0) return close();
      return new Promise((resolve, reject) => {
        onIdle = () => void close().then(resolve, reject);
      });
    },
  };
}

function toServicesOf({ services }: TicketsConfig): HandleOptions["servicesOf"] {
  if (services === undefined) return undefined;
  return ({ identity }) => [...services].filter(([, who]) => who.includes(identity.subject)).map(([name]) => name);
}
