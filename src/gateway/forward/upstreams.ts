import { type BreakerState, createBreaker } from "../../base/breaker.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { type AddressState, createAddresses } from "./addresses/addresses.js";
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
  /** What becomes of each of its addresses; empty where there is one. */
  readonly addresses: readonly AddressState[];
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
    const { origin, others = [] } = config;
    const origins = [origin, ...others];
    const breaker = createBreaker({
      what: `upstream ${name} (${origins.map((one) => parseOrigin(one).where).join(", ")})`,
      meanwhile: `requests that need a new connection get 503; start it, or correct upstreams.${name}.url`,
      platform,
      onWarning,
    });
    const tls = config.tls && createClientTls(config.tls, { what: `upstream ${name}`, platform, onWarning });
    const common = { platform, breaker, tls, closing: closing.signal };
    const { forwarder, addresses } =
      others.length === 0
        ? { forwarder: createForwarder(config, common), addresses: [] }
        : createAddresses(config, origins, { ...common, onWarning });
    forwarders.push(forwarder);
    const shares = createShares(forwarder, config.connectTimeoutMs, platform);
    upstreams.set(name, Object.freeze({ config, shares, breaker, addresses }));
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
