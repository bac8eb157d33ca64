import { several, soleOf } from "../../model/raw-headers.js";
import { readingsOf } from "./ambiguous-path.js";
import { type Authority, toCanonicalAuthority } from "./canonical-authority.js";
import { toCanonicalPath } from "./canonical-path.js";

/** The canonical target of a request, against which routes are matched and which the upstream gets. */
export interface CanonicalTarget {
  /** Lower case, without a port. */
  readonly host: string;
  /** `host`, and the port where one was given: the `Host` of the request to the upstream. */
  readonly authority: string;
  /** Starts with `/`. See `toCanonicalPath`. */
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
 * Returns the canonical target of a request, or `undefined`, to be answered with 400, when it has none.
 *
 * Only origin-form is accepted (RFC 9112 §3.2.1): absolute-form, `*` and a second or differing authority leave it open
 * which one the upstream would use.
 *
 * @param takesAmbiguous whether the path may have several readings. Default: `false`
 */
export function toCanonicalTarget(request: TargetSource, takesAmbiguous = false): CanonicalTarget | undefined {
  const { method: name = "", url = "" } = request;
  if (!method.test(name) || refusedMethods.has(name)) return undefined;
  const authority = readAuthority(request.rawHeaders);
  if (authority === undefined) return undefined;
  const mark = url.indexOf("?");
  const received = mark === -1 ? url : url.slice(0, mark);
  const path = toCanonicalPath(received);
  const readings = path === undefined && takesAmbiguous ? readingsOf(received) : undefined;
  if (path === undefined && readings === undefined) return undefined;
  const query = mark === -1 ? "" : url.slice(mark);
  if (!queryCharacters.test(query)) return undefined;
  const { host, authority: full } = authority;
  return path === undefined
    ? { host, authority: full, path: received, query, readings }
    : { host, authority: full, path, query };
}

/** Returns the one authority that all of `Host` and `:authority` name. */
function readAuthority(rawHeaders: readonly string[]): Authority | undefined {
  const host = soleOf(rawHeaders, "host");
  const pseudo = soleOf(rawHeaders, ":authority");
  // RFC 9112 §3.2: more than one is 400, equal ones too.
  if (host === several || pseudo === several) return undefined;
  const value = pseudo ?? host;
  const authority = value === undefined ? undefined : toCanonicalAuthority(value);
  if (pseudo !== undefined && host !== undefined && toCanonicalAuthority(host)?.authority !== authority?.authority) {
    return undefined;
  }
  return authority;
}
