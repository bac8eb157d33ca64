import type { CarrierOptions } from "../../credentials/token-carriers.js";
import type { Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import { type TrustAddress, toForwardedHeaders } from "../route/forwarded.js";
import { rewritePath } from "../route/rewrite-path.js";
import type { RouteConfig } from "../route/route-config.js";
import { normalisedOf } from "./header-fate.js";
import { toIdentityHeaders } from "./identity-headers.js";
import { toUpstreamHeaders } from "./managed-headers.js";
import type { UpstreamConfig } from "./upstream-config.js";

/** A permitted request, and its caller. */
export interface AdmittedRequest {
  /** As received. */
  readonly rawHeaders: readonly string[];
  readonly target: CanonicalTarget;
  readonly route: RouteConfig;
  readonly upstream: Pick<UpstreamConfig, "identity" | "via">;
  /** The version of HTTP in which the request came: `1.1`. */
  readonly httpVersion: string;
  /** The caller; `undefined` on an anonymous request. */
  readonly caller: Caller | undefined;
  readonly peer: Peer;
  /** Whether the request came over TLS. */
  readonly encrypted: boolean;
}

/** The request that the upstream gets, without the framing, which is made anew from what was parsed. */
export interface UpstreamRequest {
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value: the caller's fields that are sent on, and then `ours`. */
  readonly headers: string[];
  /**
   * The fields that the gateway sets beside `Host`: `X-Forwarded-*`, `Via`, the caller's identity and what the
   * route sets.
   */
  readonly ours: readonly string[];
}

export interface UpstreamRequestOptions {
  /** From `parseTrustedProxies`. */
  readonly trust: TrustAddress;
  /** The further carriers of session tokens beside `Authorization`. */
  readonly carriers: CarrierOptions;
  /** The headers that carry credentials beside `Authorization`, in lower case. */
  readonly credentialHeaders: Iterable<string>;
}

/**
 * Makes the upstream's request.
 *
 * @param stripped called with the names of the caller's fields that are not sent on
 */
export type ToUpstreamRequest = (admitted: AdmittedRequest, stripped?: string[]) => UpstreamRequest;

/** Makes the function that makes the upstream's request of a permitted request. */
export function createToUpstreamRequest({ trust, carriers, ...options }: UpstreamRequestOptions): ToUpstreamRequest {
  const names = [...options.credentialHeaders];
  const credentialHeaders = names.length === 0 ? undefined : new Map(names.map((name) => [normalisedOf(name), name]));
  return function toUpstreamRequest(admitted, stripped) {
    const { rawHeaders, target, route, upstream, httpVersion, caller, peer, encrypted } = admitted;
    const { authority } = target;
    const { forwardAuthorization, rewrite, requestHeaders: edits } = route;
    const ours = toForwardedHeaders(rawHeaders, peer, trust, { authority, encrypted });
    // A line of its own behind the client's: the values of both are one list.
    if (upstream.via) ours.push("via", `${httpVersion} sallyport`);
    if (upstream.identity === "headers") ours.push(...toIdentityHeaders(caller));
    if (rewrite !== undefined && rewrite.strip !== "") ours.push("x-forwarded-prefix", rewrite.strip);
    if (edits !== undefined) ours.push(...edits.set);
    const removed = edits?.removed;
    const headers = toUpstreamHeaders(rawHeaders, {
      ...{ forwardAuthorization, carriers, credentialHeaders },
      ...{ ours, stripped, removed },
    });
    const path = rewrite === undefined ? target.path : rewritePath(target.path, rewrite);
    return { path: path + target.query, headers, ours };
  };
}
