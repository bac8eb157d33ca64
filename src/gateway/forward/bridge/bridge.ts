import type { Awaitable } from "../../../base/awaitable.js";
import type { Platform } from "../../../base/platform.js";
import { emitWarning } from "../../../base/warn.js";
import type { Denial } from "../../../model/decision.js";
import type { Caller, Session } from "../../../model/session.js";
import type { SealedSlots } from "../../../sessions/sealed-slots.js";
import { refusals } from "../../route/outcome.js";
import type { Exchange } from "../exchange.js";
import type { UpstreamConfig } from "../upstream-config.js";
import type { UpstreamRequest } from "../upstream-request.js";
import type { Upstream, Upstreams } from "../upstreams.js";
import { BridgedExchange } from "./bridged-exchange.js";
import { BridgedSession, type BridgedSessionParts } from "./bridged-session.js";
import { type Constants, rememberConstants } from "./deephaven-constants.js";
import { createUpstreamClient } from "./upstream-client.js";
import { asksCallsInFrames, holdsTokens } from "./withheld.js";

/** Sends exchanges to an upstream at which the gateway logs in for each session of its callers. */
export interface Bridge {
  /** @param client see `Shares.send` */
  send(exchange: Exchange, session: Session, client: string | undefined): void;
  /** The settings that it tells its clients, where it is a Deephaven server. */
  readonly constants: (() => Awaitable<Constants>) | undefined;
}

export interface Bridges {
  /** Returns the bridge to an upstream; `undefined` for one without a credential. */
  get(name: string): Bridge | undefined;
  /** The settings of the first upstream that is a Deephaven server; `undefined`: none is. */
  readonly constants: (() => Awaitable<Constants>) | undefined;
  /** Ends the work of this process. The sessions at upstreams go on: other processes, or the next state, use them. */
  close(): void;
}

export interface BridgesParts {
  readonly sealed: SealedSlots;
  readonly upstreams: Pick<Upstreams, "get">;
  readonly platform: Platform;
  readonly maxStalenessMs: number;
  /** Called with what an operator should know. Default: a warning of the process. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Makes the bridges to the upstreams that have a credential. */
export function createBridges(configs: Iterable<UpstreamConfig>, parts: BridgesParts): Bridges {
  const bridges = new Map<string, Bridge>();
  const live: BridgedSessionParts["live"] = new Set();
  let isClosed = false;
  for (const config of configs) {
    const upstream = parts.upstreams.get(config.name);
    if (config.credential !== undefined && upstream !== undefined)
      bridges.set(config.name, createBridge(config.credential, upstream, parts, { live, isClosed: () => isClosed }));
  }
  return {
    get: (name) => bridges.get(name),
    constants: [...bridges.values()].find(({ constants }) => constants !== undefined)?.constants,
    close() {
      isClosed = true;
      for (const session of [...live]) session.stop();
    },
  };
}

function createBridge(
  credential: NonNullable<UpstreamConfig["credential"]>,
  upstream: Upstream,
  { sealed, platform, maxStalenessMs, onWarning = emitWarning }: BridgesParts,
  work: Pick<BridgedSessionParts, "live" | "isClosed">,
): Bridge {
  const client = createUpstreamClient(credential, upstream, platform, onWarning);
  const { name } = upstream.config;
  const { keepAliveMs } = credential;
  const parts: BridgedSessionParts = { name, sealed, client, platform, maxStalenessMs, keepAliveMs, ...work };
  const sessions = new WeakMap<Session, BridgedSession>();

  function sessionOf(session: Session): BridgedSession {
    let bridged = sessions.get(session);
    if (bridged !== undefined) return bridged;
    bridged = new BridgedSession(session, parts);
    sessions.set(session, bridged);
    return bridged;
  }

  return {
    constants: credential.wire === "deephaven" ? rememberConstants(client.tell, platform) : undefined,
    send(exchange, session, client) {
      new BridgedExchange(exchange, sessionOf(session), upstream.shares, client).start();
    },
  };
}

/**
 * Returns the denial of a request that may not pass to an upstream at which the gateway logs in: its caller has no session, or
 * its messages, or the frames of its WebSocket, would hold tokens. `undefined`: it may.
 *
 * @param request what the upstream would get: its path has the query
 */
export function bridgeDenialOf(
  { credential }: Pick<UpstreamConfig, "credential">,
  caller: Caller | undefined,
  { path, headers }: Pick<UpstreamRequest, "path" | "headers">,
): Denial | undefined {
  if (credential === undefined) return undefined;
  if (caller?.session === undefined) return refusals.session_required;
  return holdsTokens(path) || asksCallsInFrames(headers) ? refusals.not_permitted : undefined;
}
