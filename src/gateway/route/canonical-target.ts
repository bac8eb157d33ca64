import { several, soleOf } from "../../model/raw-headers.js";
import { type Ambiguity, ambiguities, isAmbiguous } from "./ambiguity.js";
import { readingsOf } from "./ambiguous-path.js";
import { type Authority, toCanonicalAuthority } from "./canonical-authority.js";
import { readPath } from "./canonical-path.js";

/** The canonical target of a request, against which routes are matched and which the upstream gets. */
export interface CanonicalTarget {
  /** Lower case, without a port. */
  readonly host: string;
  /** `host`, and the port where one was given: the `Host` of the request to the upstream. */
  readonly authority: string;
  /** Starts with `/`. See `readPath`. */
  readonly path: string;
  /** All that servers may read from `path`, which is as it came; `undefined`: it has one meaning. */
  readonly readings?: ReadonlySet<string> | undefined;
  /** The query as received, with its `?`; empty when there is none. Routes do not compare it. */
  readonly query: string;
}

/** The parts of a request that name its target. Node's requests of HTTP/1 and HTTP/2 fit. */
export interface TargetSource {
  readonly method?: string | undefined;
  /** The request target as received. */
  readonly url?: string | undefined;
  /** HTTP/2's pseudo headers included. */
  readonly rawHeaders: readonly string[];
}

/**
 * The methods that rules can name. `delete` would pass a rule about `DELETE` and mean the same to a careless upstream.
 */
const method = /^[A-Z][A-Z-]{0,31}$/;

/**
 * Refused methods (RFC 9110 §9.3): `CONNECT` asks for a tunnel, and `TRACE` would show a caller the gateway's headers.
 */
const refusedMethods: ReadonlySet<string> = new Set(["CONNECT", "TRACE"]);

/** Visible ASCII. A fragment is never sent (RFC 9110 §4.2.5), and servers disagree about where it would begin. */
const queryCharacters = /^[\x21\x22\x24-\x7e]*$/;

/**
 * Returns the canonical target of a request, or an ambiguity, to be answered with 400, when it has none.
 *
 * Only origin-form is accepted (RFC 9112 §3.2.1): absolute-form, `*` and a second or differing authority leave it open
 * which one the upstream would use.
 *
 * @param takesAmbiguous whether the path may have several readings. Default: `false`
 */
export function readTarget(request: TargetSource, takesAmbiguous = false): CanonicalTarget | Ambiguity {
  const { method: name = "", url = "" } = request;
  if (!method.test(name)) return ambiguities.method;
  if (refusedMethods.has(name)) return ambiguities.tunnel;
  const authority = readAuthority(request.rawHeaders);
  if (isAmbiguous(authority)) return authority;
  const mark = url.indexOf("?");
  const received = mark === -1 ? url : url.slice(0, mark);
  const path = readPath(received);
  const readings = typeof path === "string" || !takesAmbiguous ? undefined : readingsOf(received);
  if (typeof path !== "string" && readings === undefined) return path;
  const query = mark === -1 ? "" : url.slice(mark);
  if (!queryCharacters.test(query)) return query.includes("#") ? ambiguities.fragment : ambiguities.query;
  const { host, authority: full } = authority;
  return typeof path === "string"
    ? { host, authority: full, path, query }
    : { host, authority: full, path: received, query, readings };
}

/** Returns the one authority that all of `Host` and `:authority` name. */
function readAuthority(rawHeaders: readonly string[]): Authority | Ambiguity {
  const host = soleOf(rawHeaders, "host");
  const pseudo = soleOf(rawHeaders, ":authority");
  // RFC 9112 §3.2: more than one is 400, equal ones too.
  if (host === several || pseudo === several) return ambiguities.twoHosts;
  const value = pseudo ?? host;
  if (value === undefined) return ambiguities.noHost;
  const authority = toCanonicalAuthority(value);
  if (authority === undefined) return ambiguities.host;
  if (pseudo !== undefined && host !== undefined && toCanonicalAuthority(host)?.authority !== authority.authority) {
    return ambiguities.hostsDiffer;
  }
  return authority;
}
