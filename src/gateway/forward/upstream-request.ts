import type { CarrierOptions } from "../../credentials/token-carriers.js";
import type { Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import { type TrustAddress, toForwardedHeaders } from "../route/forwarded.js";
import type { RouteConfig } from "../route/route-config.js";
import { toIdentityHeaders } from "./identity-headers.js";
import { toUpstreamHeaders } from "./managed-headers.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** A request that may go on: what came, and who is behind it. */
export interface AdmittedRequest {
  /** As received. */
  readonly rawHeaders: readonly string[];
  readonly target: CanonicalTarget;
  readonly route: RouteConfig;
  readonly upstream: Pick<UpstreamConfig, "identity">;
  /** `undefined`: anonymous. */
  readonly caller: Caller | undefined;
  readonly peer: Peer;
  /** It came over TLS. */
  readonly encrypted: boolean;
}

/** What the upstream will get, but for the framing, which is made anew from what was parsed. */
export interface UpstreamRequest {
  /** Canonical path and query. */
  readonly path: string;
  /** Name, value, name, value: what came and goes on, and then `ours`. */
  readonly headers: string[];
  /** Those that the gateway says in its own name: `Host`, `X-Forwarded-*` and who is calling. */
  readonly ours: readonly string[];
}

export interface UpstreamRequestOptions {
  /** From `parseTrustedProxies`. */
  readonly trust: TrustAddress;
  /** Where tokens of ours ride beside `Authorization`. */
  readonly carriers: CarrierOptions;
}

/** @param stripped is given the names of fields that came and do not go on */
export type ToUpstreamRequest = (admitted: AdmittedRequest, stripped?: string[]) => UpstreamRequest;

/** Makes what the upstream will get of a request that may go on. */
export function createToUpstreamRequest({ trust, carriers }: UpstreamRequestOptions): ToUpstreamRequest {
  return function toUpstreamRequest({ rawHeaders, target, route, upstream, caller, peer, encrypted }, stripped) {
    const { authority } = target;
    const ours = [
      "host",
      authority,
      ...toForwardedHeaders(rawHeaders, peer, trust, { authority, encrypted }),
      ...(upstream.identity === "headers" ? toIdentityHeaders(caller) : []),
    ];
    const { forwardAuthorization } = route;
    const headers = toUpstreamHeaders(rawHeaders, { forwardAuthorization, carriers, ours, stripped });
    return { path: target.path + target.query, headers, ours };
  };
}
