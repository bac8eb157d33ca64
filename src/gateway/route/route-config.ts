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
  /** A key of `upstreams`. */
  readonly upstream: string;
  /**
   * Whether `Authorization` is sent to the upstream. Default: `false`, since the upstream could act as the caller with
   * it.
   */
  readonly forwardAuthorization: boolean;
  /** The pages of other origins that may call it; `undefined`: as for all routes. */
  readonly cors?: CorsOptions | undefined;
  /** How long an authenticated caller may take nothing of a stream while bytes are ready. Default: 300,000. */
  readonly readTimeoutMs?: number | undefined;
  /** Line of the route in the file, for `explain`. */
  readonly line: number;
}

export interface RouteMatch {
  /** The host in lower case, without a port; `undefined`: any. */
  readonly host: string | undefined;
  /** The canonical path, which matches itself and all paths below it, by whole segments. */
  readonly path: string;
  /** The methods in upper case; empty: any. */
  readonly methods: readonly string[];
}
