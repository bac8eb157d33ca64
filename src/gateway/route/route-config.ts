import type { CorsOptions } from "../../adapters/node/cors-policy.js";
import type { StepUp } from "../../model/decision.js";

export interface RouteConfig {
  readonly match: RouteMatch;
  /** Whether requests without credentials are allowed. Default: `false`. */
  readonly anonymous: boolean;
  /** The roles of which the caller must have one; empty: any caller. */
  readonly roles: readonly string[];
  /** The scopes of which the caller must have all; empty: any caller. */
  readonly scopes: readonly string[];
  /**
   * The schemes, in lower case, of which the caller must use one; empty: any. For a session: the scheme that opened it.
   */
  readonly schemes: readonly string[];
  /** How recent, and how strong, the log-in must be; `undefined`: any log-in suffices. */
  readonly stepUp: StepUp | undefined;
  /** What the caller's identity must say: of each member named here, one of the texts. Default: nothing. */
  readonly claims?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Whether an address may use the route. Default: each may. */
  readonly takesAddress?: ((address: string) => boolean) | undefined;
  /** The service whose tickets open a WebSocket here, offered as a subprotocol; `undefined`: none does. */
  readonly socketTicketFor?: string | undefined;
  /** A key of `upstreams`. Empty: none, and the route is for the questions of other proxies alone. */
  readonly upstream: string;
  /** What the upstream's path is made of. Default: the path as it came. */
  readonly rewrite?: PathRewrite | undefined;
  /** Whether paths pass that servers may read in different ways, as they came, when each reading leads here. */
  readonly ambiguousPaths?: boolean | undefined;
  /** Changes of the fields that the upstream gets. */
  readonly requestHeaders?: HeaderEdits | undefined;
  /** Changes of the fields that the caller gets. */
  readonly responseHeaders?: HeaderEdits | undefined;
  /**
   * Whether `Authorization` is sent to the upstream. Default: `false`, since the upstream could act as the caller with
   * it.
   */
  readonly forwardAuthorization: boolean;
  /** The pages of other origins that may call it; `undefined`: as for all routes. */
  readonly cors?: CorsOptions | undefined;
  /** How long an authenticated caller may take nothing of a stream while bytes are ready. Default: 300,000. */
  readonly readTimeoutMs?: number | undefined;
  /** How often one caller may use it; `undefined`: as often as it likes. */
  readonly rate?: RateConfig | undefined;
  /** The service that decides about each request; `undefined`: none is asked. */
  readonly authorize?: AuthorizeConfig | undefined;
  /** Limits of its requests; `undefined`: those of all routes and of the upstream. */
  readonly limits?: RouteLimits | undefined;
  /** Where the upstream speaks gRPC only; `undefined`: the defaults. */
  readonly rpc?: RpcConfig | undefined;
  /** Line of the route in the file, for `explain`. */
  readonly line: number;
}

export interface RouteMatch {
  /** The host in lower case, without a port; `*.` before it: any host below it, not itself. `undefined`: any. */
  readonly host: string | undefined;
  /** The canonical path, which matches itself and all paths below it, by whole segments. */
  readonly path: string;
  /** The methods in upper case; empty: any. */
  readonly methods: readonly string[];
  /**
   * `all`: `path` is that of a service of Connect or gRPC, and only paths of its procedures match, `one`: of a procedure, and
   * only it does. Default: paths below match too.
   */
  readonly procedures?: "all" | "one" | undefined;
}

/** A service that decides about requests. */
export interface AuthorizeConfig {
  /** `http:` or `https:`. */
  readonly url: string;
  readonly timeoutMs: number;
  /** The members of the caller's identity that the service is told. */
  readonly claims: readonly string[];
  /** What the service knows the gateway by. It is a secret, and not enumerable. */
  readonly bearerToken?: string | undefined;
}

/** The bucket of requests of each caller. */
export interface RateConfig {
  /** How many requests it holds. */
  readonly burst: number;
  /** In which interval it gets one more, in milliseconds: any number above 0. */
  readonly refillMs: number;
}

export interface RouteLimits {
  /** Bytes of the body of a request, as they come. Default: no limit. */
  readonly maxBodyBytes?: number | undefined;
  /** Requests of one caller that are under way at a time. Default: no limit. */
  readonly maxConcurrent?: number | undefined;
  /** In place of that of the upstream. */
  readonly headersTimeoutMs?: number | undefined;
  /** In place of that of the upstream. */
  readonly bodyTimeoutMs?: number | undefined;
}

export interface PathRewrite {
  /** A canonical path, of whole segments, that is taken off. Empty: nothing. */
  readonly strip: string;
  /** A canonical path that is put before. Empty: nothing. */
  readonly add: string;
}

export interface HeaderEdits {
  /**
   * Fields that are taken out, those that are set among them. Of requests: by `normalisedOf`, so that no other spelling of a
   * client stands beside the field that is set. Of answers: names in lower case.
   */
  readonly removed: ReadonlySet<string>;
  /** Name, value, name, value. */
  readonly set: readonly string[];
  /** Names in lower case of those whose values are secrets: they came from a file or the environment. */
  readonly secrets: ReadonlySet<string>;
}

/** What calls of Connect and gRPC-Web may be, which reach an upstream of gRPC. */
export interface RpcConfig {
  /** The paths of the methods that may be called by GET, which a page can be made to send: they must change nothing. */
  readonly idempotent: readonly string[];
  /** Of one message, in either direction. */
  readonly maxMessageBytes: number;
  /** By its path, each method that there is; `undefined`: not known, so that callers can use the binary format only. */
  readonly methods?: ReadonlyMap<string, MethodCodec> | undefined;
}

/** Converts the messages of a method. */
export interface MethodCodec {
  /** Returns a request in the binary format; `undefined` when it is not the JSON of one. */
  toMessage(json: Uint8Array): Uint8Array | undefined;
  /** Returns an answer in JSON; `undefined` when it is malformed. */
  toJson(message: Uint8Array): Uint8Array | undefined;
}
