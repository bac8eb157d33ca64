import type { StepUp } from "../../model/decision.js";

export interface RouteConfig {
  readonly match: RouteMatch;
  /** Requests without credentials are welcome. Default: `false`. */
  readonly anonymous: boolean;
  /** The caller must have one of these; empty: any caller. */
  readonly roles: readonly string[];
  /** Lower case; empty: any. A session counts by the scheme that opened it. */
  readonly schemes: readonly string[];
  /** How fresh and how strong the log-in must be; undefined: any will do. */
  readonly stepUp: StepUp | undefined;
  /** A key of `upstreams`. */
  readonly upstream: string;
  /** Send `Authorization` on to the upstream. Default: `false`: it is ours, and the upstream could act as the caller with it. */
  readonly forwardAuthorization: boolean;
  /** Line of the route in the file, for `explain`. */
  readonly line: number;
}

export interface RouteMatch {
  /** Lower case, without a port; undefined: any. */
  readonly host: string | undefined;
  /** Canonical; matches itself and what is below it, by whole segments. */
  readonly path: string;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
}
