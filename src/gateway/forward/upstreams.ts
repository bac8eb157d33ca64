import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Forwarder } from "./exchange.js";
import { createForwarder } from "./forwarder.js";
import { createShares, type Shares } from "./shares.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** A service behind the gateway, and the connections to it. */
export interface Upstream {
  readonly config: UpstreamConfig;
  readonly shares: Shares;
}

export interface Upstreams {
  get(name: string): Upstream | undefined;
  /** Closes the connections after the answers under way; `destroy` ends those. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/** Makes the connections to each upstream. Nothing is connected until the first request. */
export function createUpstreams(
  configs: ReadonlyMap<string, UpstreamConfig>,
  platform: Platform = systemPlatform,
): Upstreams {
  const forwarders: Forwarder[] = [];
  const upstreams = new Map<string, Upstream>();
  for (const [name, config] of configs) {
    const forwarder = createForwarder(config, platform);
    forwarders.push(forwarder);
    upstreams.set(name, Object.freeze({ config, shares: createShares(forwarder, config.connectTimeoutMs, platform) }));
  }
  return {
    get: (name) => upstreams.get(name),
    close: async () => void (await Promise.all(forwarders.map((forwarder) => forwarder.close()))),
    destroy: async () => void (await Promise.all(forwarders.map((forwarder) => forwarder.destroy()))),
  };
}
