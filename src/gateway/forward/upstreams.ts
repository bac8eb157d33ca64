import { type BreakerState, createBreaker } from "../../base/breaker.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { createClientTls } from "./client-tls.js";
import type { Forwarder } from "./exchange.js";
import { createForwarder } from "./forwarder.js";
import { parseOrigin } from "./origin.js";
import { createShares, type Shares } from "./shares.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** A service behind the gateway, and the connections to it. */
export interface Upstream {
  readonly config: UpstreamConfig;
  readonly shares: Shares;
  /** Whether connections to it are tried. */
  readonly breaker: { readonly state: BreakerState };
}

export interface Upstreams {
  get(name: string): Upstream | undefined;
  /** Closes the connections after the answers under way; `destroy` ends those. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/**
 * Makes the connections to each upstream. Nothing is connected until the first request.
 *
 * @param onWarning called when an upstream takes no connection any more, and when it does again
 */
export function createUpstreams(
  configs: ReadonlyMap<string, UpstreamConfig>,
  platform: Platform = systemPlatform,
  onWarning: (message: string) => void = emitWarning,
): Upstreams {
  const forwarders: Forwarder[] = [];
  const closing = new AbortController();
  const upstreams = new Map<string, Upstream>();
  for (const [name, config] of configs) {
    const meanwhile = `requests that need a new connection get 503; start it, or correct upstreams.${name}.url`;
    const breaker = createBreaker({
      what: `upstream ${name} (${parseOrigin(config.origin).where})`,
      meanwhile,
      platform,
      onWarning,
    });
    const tls = config.tls && createClientTls(config.tls, { what: `upstream ${name}`, platform, onWarning });
    const forwarder = createForwarder(config, platform, breaker, closing.signal, tls);
    forwarders.push(forwarder);
    const shares = createShares(forwarder, config.connectTimeoutMs, platform);
    upstreams.set(name, Object.freeze({ config, shares, breaker }));
  }
  return {
    get: (name) => upstreams.get(name),
    async close() {
      closing.abort();
      await Promise.all(forwarders.map((forwarder) => forwarder.close()));
    },
    async destroy() {
      closing.abort();
      await Promise.all(forwarders.map((forwarder) => forwarder.destroy()));
    },
  };
}
