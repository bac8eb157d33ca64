import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { type Delay, systemDelay, systemWait } from "../bearer/delay.js";
import { type ConnectionOptions, type TransportOptions, toBaseUrl } from "../bearer/open-transport.js";

/** Options of {@link AuthClient}. */
export interface AuthClientOptions {
  /** Where the services are, such as `https://api.example.com`; in a browser it may be relative to the page. */
  readonly baseUrl?: string | undefined;
  /** In place of `baseUrl`, with `port`: always TLS. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /**
   * What the server speaks. Default: `"sallyport.v1"`. `"deephaven-enterprise"`: the wire of Deephaven Enterprise, to its own
   * servers or to Sallyport.
   */
  readonly protocol?: "sallyport.v1" | "deephaven-enterprise" | undefined;
  /**
   * A Connect transport of your own, or what makes one. The client does not close it. Default: the Connect protocol over
   * `fetch`, which runs in browsers and Node and carries unary calls and server streams; for `"deephaven-enterprise"` gRPC,
   * in Node, by the package `@connectrpc/connect-node`. For gRPC otherwise:
   * `transport: (options) => createGrpcTransport(options)`.
   */
  readonly transport?: Transport | ((options: TransportOptions) => Transport) | undefined;
  /** What sends HTTP requests, for `client.fetch` and the default transport. Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Binds sessions to a key that the client makes and nobody can copy (DPoP, RFC 9449): a copied token is worth nothing.
   * Every call then carries a signature. Default: `false`. In a browser `https:` is needed, or `localhost`.
   */
  readonly bind?: boolean | undefined;
  /**
   * How long a call of the client's own may take, in seconds: log-in, ping, log-out. A server that nobody can connect to yet
   * is waited for as long. Default: 120; 0 is no limit.
   */
  readonly rpcTimeoutSeconds?: number | undefined;
  /**
   * How long nothing may be called before the session is refreshed, in seconds. Default: 60, well below the idle limits in
   * use. 0 turns it off. With `"deephaven-enterprise"` the server's deadline decides, and only 0 counts.
   */
  readonly keepAliveSeconds?: number | undefined;
  /**
   * When the session is kept alive: from log-in to `close`, or while streams are open. Default: `"session"`; in a page
   * `"streams"`, where a tab that somebody left open would defeat the server's idle limit.
   */
  readonly keepAlive?: "session" | "streams" | undefined;
  /** The timer, for tests. Default: the platform's. */
  readonly delay?: Delay | undefined;
}

/** Options with every default filled in. */
export interface ClientOptions {
  /** `""` where only the transport knows. */
  readonly baseUrl: string;
  readonly connection: ConnectionOptions;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly bind: boolean;
  /** 0 is no limit. */
  readonly timeoutMs: number;
  /** 0 is never. */
  readonly keepAliveMs: number;
  readonly keepAlive: "session" | "streams";
  /** For the background. */
  readonly delay: Delay;
  /** For what somebody awaits. */
  readonly wait: Delay;
}

/** @throws {ConnectError} `InvalidArgument` */
export function resolveClientOptions(options: AuthClientOptions): ClientOptions {
  const { rpcTimeoutSeconds = 120, keepAliveSeconds = 60, bind = false, fetch, delay } = options;
  const baseUrl = toBaseUrl(options);
  if (bind && (baseUrl === "" || options.protocol === "deephaven-enterprise")) {
    throw new ConnectError(
      "bind needs baseUrl, and the protocol sallyport.v1: what is signed holds the URL of the call",
      Code.InvalidArgument,
    );
  }
  return {
    baseUrl,
    connection: options,
    fetch,
    bind,
    timeoutMs: requireSeconds("rpcTimeoutSeconds", rpcTimeoutSeconds) * 1_000,
    keepAliveMs: requireSeconds("keepAliveSeconds", keepAliveSeconds) * 1_000,
    keepAlive: options.keepAlive ?? (isPage() ? "streams" : "session"),
    delay: delay ?? systemDelay,
    wait: delay ?? systemWait,
  };
}

function requireSeconds(name: string, value: number): number {
  // Timers take 31 bits of milliseconds.
  if (value >= 0 && value * 1_000 < 2 ** 31) return value;
  throw new ConnectError(`${name} must be a number of seconds from 0 to 2147483, not ${value}`, Code.InvalidArgument);
}

function isPage(): boolean {
  return (globalThis as { readonly document?: unknown }).document !== undefined;
}
