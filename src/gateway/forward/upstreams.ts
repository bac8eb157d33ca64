import { buildConnector, Pool } from "undici";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** A service behind the gateway, and the connections to it. */
export interface Upstream {
  readonly config: UpstreamConfig;
  readonly pool: Pool;
  /** Host name of the origin. Never the caller's `Host`, by which a caller could choose the certificate to accept. */
  readonly servername: string;
}

export interface Upstreams {
  get(name: string): Upstream | undefined;
  /**
   * Called when these pools were replaced, so that no new request will choose them. They stay open for requests that
   * are being authenticated, and then close after their last response.
   */
  retire(): void;
  /** Closes the pools after the responses under way; `destroy` aborts those. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/** Longer than any authentication takes: handler and store have deadlines of a few seconds. */
const retireMs = 15_000;

/** One pool of kept connections for each upstream. Nothing is connected until the first request. */
export function createUpstreams(
  configs: ReadonlyMap<string, UpstreamConfig>,
  platform: Platform = systemPlatform,
): Upstreams {
  const upstreams = new Map([...configs].map(([name, config]) => [name, createUpstream(config)]));
  const each = async (end: (pool: Pool) => Promise<void>) => {
    await Promise.all([...upstreams.values()].map(({ pool }) => end(pool)));
  };
  const close = () => each((pool) => (pool.closed || pool.destroyed ? Promise.resolve() : pool.close()));
  return {
    get: (name) => upstreams.get(name),
    retire: () => {
      platform.delay(retireMs, () => void close());
    },
    close,
    destroy: () => each((pool) => (pool.destroyed ? Promise.resolve() : pool.destroy())),
  };
}

function createUpstream(config: UpstreamConfig): Upstream {
  const connect = buildConnector({ timeout: config.connectTimeoutMs });
  const pool = new Pool(config.origin, {
    connections: config.maxConnections,
    // One request at a time on a connection, so that no caller waits for the slow response of another.
    pipelining: 1,
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.bodyTimeoutMs,
    // The name in the certificate is the origin's; for an address the connector sends none.
    connect: (options, callback) => connect({ ...options, servername: undefined as unknown as string }, callback),
  });
  return Object.freeze({ config, pool, servername: new URL(config.origin).hostname });
}
