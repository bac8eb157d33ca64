import type { Denial } from "../../model/decision.js";
import type { Caller } from "../../model/session.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import type { RouteConfig } from "../route/route-config.js";

/** How the gateway would handle a request. It holds no secret. */
export interface Explanation {
  /** `answered`: by the gateway itself. */
  readonly outcome: "forwarded" | "denied" | "answered";
  /** The HTTP status that the caller would see of a denial. */
  readonly status: number | undefined;
  /** `undefined` when the request can be read in more than one way. */
  readonly target: Pick<CanonicalTarget, "host" | "path"> | undefined;
  /** The answer, where the gateway answers itself. */
  readonly answeredBy: string | undefined;
  /** The presented credentials, and the part of the configuration that checks them. */
  readonly credentials: string;
  readonly route: RouteConfig | undefined;
  readonly caller:
    | {
        readonly subject: string;
        readonly roles: readonly string[];
        readonly scopes: readonly string[];
        readonly scheme: string;
        readonly session: string | undefined;
      }
    | undefined;
  /** `detail`: what has no single meaning, as the log says it. The caller does not get it. */
  readonly denial: (Pick<Denial, "code" | "reason" | "message"> & { readonly detail?: string | undefined }) | undefined;
  /** Why the session of the presented token would end now, such as `account gone`; `undefined`: it would not. */
  readonly ending: string | undefined;
  /** Path and query that the upstream gets of a request that is forwarded. */
  readonly upstreamPath: string | undefined;
  /** Of a request that is forwarded, but for its framing. */
  readonly headers:
    | {
        /** Names of the caller's fields that are sent on, in their order. */
        readonly passed: readonly string[];
        /**
         * Names of the caller's fields that are not sent on. `cookie NAME`: one cookie that is removed from the others.
         */
        readonly stripped: readonly string[];
        /** The fields that the gateway sets. */
        readonly set: readonly (readonly [name: string, value: string])[];
      }
    | undefined;
}

/** What an explanation holds where there is nothing to say. */
export const nothing: Pick<
  Explanation,
  "status" | "answeredBy" | "caller" | "denial" | "ending" | "upstreamPath" | "headers"
> = {
  status: undefined,
  answeredBy: undefined,
  caller: undefined,
  denial: undefined,
  ending: undefined,
  upstreamPath: undefined,
  headers: undefined,
};

/** Returns what an explanation says of a caller. */
export function describeCaller(caller: Caller | undefined): Explanation["caller"] {
  if (caller === undefined) return undefined;
  const { identity, scheme, session, scopes } = caller;
  return {
    subject: identity.subject,
    roles: identity.roles ?? [],
    scopes: scopes ?? [],
    scheme,
    session: session?.ref,
  };
}

/**
 * Returns name and value side by side.
 *
 * @param secrets names in lower case of those whose values are not shown. Default: none
 */
export function toPairs(flat: readonly string[], secrets?: ReadonlySet<string> | undefined): [string, string][] {
  return namesOf(flat).map((name, index) => [name, secrets?.has(name) ? "(secret)" : (flat[2 * index + 1] ?? "")]);
}

/** Returns every other text: the names. */
export function namesOf(flat: readonly string[]): string[] {
  return flat.filter((_text, index) => index % 2 === 0);
}
