import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type { OptionKinds } from "../../wire/option-fault.js";
import { type Delay, systemDelay, systemWait } from "../bearer/delay.js";
import { type ConnectionOptions, type TransportOptions, toBaseUrl } from "../bearer/open-transport.js";
import { requireClientOptions } from "../bearer/require-options.js";
import { requireSecure } from "./require-secure.js";

/** Options of {@link AuthClient}. */
export interface AuthClientOptions {
  /** The URL of the services, such as `https://api.example.com`; in a browser it may be relative to the page. */
  readonly baseUrl?: string | undefined;
  /**
   * Allows an `http:` URL of another machine, where passwords and tokens cross a network that you trust in the clear.
   * Default: `false`: such a URL is refused. This machine (`localhost`, `127.0.0.1`, `[::1]`) is always allowed.
   */
  readonly insecure?: boolean | undefined;
  /** The host of the services, with `port`, in place of `baseUrl`; always with TLS. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /**
   * The protocol of the server. `"deephaven-enterprise"`: that of Deephaven Enterprise, with its own servers or with
   * Sallyport. Default: `"sallyport.v1"`.
   */
  readonly protocol?: "sallyport.v1" | "deephaven-enterprise" | undefined;
  /**
   * Your own Connect transport, or a function that makes one. The client does not close it. Default: the Connect
   * protocol over `fetch`, which runs in browsers and Node and carries unary calls and server streams; for
   * `"deephaven-enterprise"` gRPC, in Node, by the package `@connectrpc/connect-node`. For gRPC with `sallyport.v1`:
   * `transport: (options) => createGrpcTransport(options)`.
   */
  readonly transport?: Transport | ((options: TransportOptions) => Transport) | undefined;
  /**
   * The function that sends HTTP requests, for `client.fetch` and the default transport. Default: the platform's
   * `fetch`.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Binds sessions to a key that the client makes and that cannot be exported (DPoP, RFC 9449), so that a copied token
   * is useless. In a browser it needs `https:` or `localhost`. Default: `false`, since every call then needs a
   * signature.
   */
  readonly bind?: boolean | undefined;
  /**
   * How long the client's own calls may take: log-in, ping, log-out. It includes waiting for a server that does not accept
   * connections yet. In seconds, as `rpc_timeout_seconds` of Deephaven's own client; every other duration here is in
   * milliseconds. 0 is no limit. Default: 120.
   */
  readonly rpcTimeoutSeconds?: number | undefined;
  /**
   * After how long without a call the session is refreshed, in milliseconds. 0 turns it off. With `"deephaven-enterprise"`
   * the server's deadline decides, and only 0 has an effect. Default: 60,000, well below usual idle limits.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * When the session is kept alive: `"session"`, from log-in to `close`; `"streams"`, while streams are open. Default:
   * `"session"`; in a web page `"streams"`, since otherwise a forgotten tab would defeat the server's idle limit.
   */
  readonly keepAlive?: "session" | "streams" | undefined;
  /** The timer, for tests. Default: the platform's. */
  readonly delay?: Delay | undefined;
}

const clientKinds: OptionKinds<AuthClientOptions> = {
  baseUrl: "string",
  host: "string",
  port: "number",
  protocol: ["sallyport.v1", "deephaven-enterprise"],
  transport: "object|function",
  fetch: "function",
  bind: "boolean",
  insecure: "boolean",
  rpcTimeoutSeconds: "any",
  keepAliveMs: "any",
  keepAlive: ["session", "streams"],
  delay: "function",
};

/** Options with every default filled in. */
export interface ClientOptions {
  /** The URL of the services; `""` when only the transport knows it. */
  readonly baseUrl: string;
  readonly connection: ConnectionOptions;
  readonly fetch: typeof globalThis.fetch | undefined;
  readonly bind: boolean;
  /** The limit of the client's own calls; 0 is no limit. */
  readonly timeoutMs: number;
  /** The interval of refreshes; 0 is never. */
  readonly keepAliveMs: number;
  readonly keepAlive: "session" | "streams";
  /** The timer for background work. */
  readonly delay: Delay;
  /** The timer for awaited work. */
  readonly wait: Delay;
}

/**
 * Fills in the defaults and checks the options.
 *
 * @throws {ConnectError} `InvalidArgument` for contradictory options, a number out of range, or `http:` to another
 *   machine without `insecure`
 */
export function resolveClientOptions(options: AuthClientOptions): ClientOptions {
  requireClientOptions("AuthClient", options, clientKinds);
  const { rpcTimeoutSeconds = 120, keepAliveMs = 60_000, bind = false, fetch, delay } = options;
  const baseUrl = toBaseUrl(options);
  requireSecure(baseUrl, options.insecure === true);
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
    keepAliveMs: requireMs("keepAliveMs", keepAliveMs),
    keepAlive: options.keepAlive ?? (isPage() ? "streams" : "session"),
    delay: delay ?? systemDelay,
    wait: delay ?? systemWait,
  };
}

/** Timers take 31 bits of milliseconds. */
const longestMs = 2 ** 31 - 1;

function requireMs(name: string, value: number): number {
  if (value >= 0 && value <= longestMs) return value;
  throw new ConnectError(
    `${name} must be a number of milliseconds from 0 to ${longestMs}, not ${value}`,
    Code.InvalidArgument,
  );
}

function requireSeconds(name: string, value: number): number {
  if (value >= 0 && value * 1_000 <= longestMs) return value;
  throw new ConnectError(`${name} must be a number of seconds from 0 to 2147483, not ${value}`, Code.InvalidArgument);
}

function isPage(): boolean {
  return (globalThis as { readonly document?: unknown }).document !== undefined;
}
