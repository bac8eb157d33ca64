import { type CorsPolicy, createCorsPolicy } from "../../adapters/node/cors-policy.js";
import { decodePath } from "./canonical-path.js";
import type { CanonicalTarget } from "./canonical-target.js";
import { foldPath, foldWide, toWideSpellings } from "./fold-path.js";
import { type Requirements, toRequirements } from "./permission.js";
import type { RouteConfig } from "./route-config.js";

/** The routes of a configuration, in the order in which they are tried. Made once by `createRouteTable`. */
export interface RouteTable {
  readonly places: readonly Entry[];
  /** Whether a route leads to an upstream that ignores case. */
  readonly foldsSome: boolean;
}

interface Entry {
  readonly host: string | undefined;
  /** Decoded, without a slash at the end. */
  readonly path: string;
  /** `foldPath` of `path`. */
  readonly folded: string;
  /** `foldWide` of `path`. */
  readonly wide: string;
  /** Whether one of its routes leads to an upstream that ignores case. */
  readonly folds: boolean;
  /** In the order of the file. */
  readonly routes: readonly RouteMatched[];
}

/** What a request has matched: one object for all requests. */
export interface RouteMatched {
  readonly route: RouteConfig;
  /** Whether its upstream ignores case. */
  readonly folds: boolean;
  readonly requirements: Requirements;
  /** The compiled `cors` of the route. */
  readonly cors: CorsPolicy | undefined;
}

/**
 * Sorts the most specific first: with a host before without, then the longer path; equal ones stay in file order.
 *
 * @param upstreams says which upstreams ignore case. Default: none does
 */
export function createRouteTable(
  routes: readonly RouteConfig[],
  upstreams: ReadonlyMap<string, { readonly ignoresCase: boolean }> = new Map(),
): RouteTable {
  const places = new Map<string, Omit<Entry, "folds"> & { readonly routes: RouteMatched[] }>();
  for (const route of routes) {
    const { host, path } = route.match;
    const decoded = (decodePath(path) ?? path).replace(/\/+$/, "");
    const key = JSON.stringify([host ?? null, decoded]);
    const place = places.get(key) ?? {
      host,
      path: decoded,
      folded: foldPath(decoded),
      wide: foldWide(decoded),
      routes: [],
    };
    const folds = upstreams.get(route.upstream)?.ignoresCase === true;
    const cors = route.cors && createCorsPolicy(route.cors);
    place.routes.push(Object.freeze({ route, folds, requirements: toRequirements(route), cors }));
    places.set(key, place);
  }
  const sorted = [...places.values()]
    .map((place) => Object.freeze({ ...place, folds: place.routes.some(({ folds }) => folds) }))
    .sort((a, b) => Number(a.host === undefined) - Number(b.host === undefined) || b.path.length - a.path.length);
  return Object.freeze({ places: sorted, foldsSome: sorted.some(({ folds }) => folds) });
}

/**
 * Finds the route for a request, or `undefined`, to be answered with 404. A path matches itself and all paths below it,
 * by whole segments: `/pki/prod` does not match `/pki/prod-other`.
 *
 * The most specific place decides alone. If its routes name methods, a request with another method matches no route,
 * rather than a wider route with fewer requirements.
 *
 * A route to an upstream that ignores case also matches the spellings that are one to it. When such an upstream would get
 * the request, every place counts by those spellings, and if they disagree about the place, no route matches: the
 * upstream might read the spelling of a narrower place.
 */
export function matchRoute(
  table: RouteTable,
  target: Pick<CanonicalTarget, "host" | "path">,
  method: string,
): RouteMatched | undefined {
  const path = decodePath(target.path);
  if (path === undefined) return undefined;
  const { host } = target;
  const folded = table.foldsSome ? foldPath(path) : path;
  let first: Entry | undefined;
  for (const place of table.places) {
    if (place.host !== undefined && place.host !== host) continue;
    if (!isAtOrBelow(path, place.path) && !(place.folds && isAtOrBelow(folded, place.folded))) continue;
    first = place;
    break;
  }
  return routeIn(first?.folds === true ? findFolded(table, host, path, folded) : first, method);
}

/** Finds the place on which all spellings of a path agree. */
function findFolded({ places }: RouteTable, host: string, path: string, folded: string): Entry | undefined {
  const here = places.filter((place) => place.host === undefined || place.host === host);
  const found = here.find((place) => isAtOrBelow(folded, place.folded));
  const spellings = toWideSpellings(path);
  const isCertain = spellings?.every((one) => here.find((place) => isAtOrBelow(one, place.wide)) === found);
  return isCertain === true ? found : undefined;
}

function routeIn(place: Entry | undefined, method: string): RouteMatched | undefined {
  return place?.routes.find(({ route: { match } }) => match.methods.length === 0 || match.methods.includes(method));
}

function isAtOrBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47);
}
