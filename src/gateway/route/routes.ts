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
  /** Whether a route takes paths of several readings. */
  readonly takesAmbiguous: boolean;
}

interface Entry {
  readonly host: string | undefined;
  /** Of a pattern `*.example.com`: `.example.com`. */
  readonly suffix: string | undefined;
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
 * Sorts the most specific first: with a host before a pattern, the longer pattern first, and these before none; then the
 * longer path; equal ones stay in file order.
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
      suffix: host?.startsWith("*.") ? host.slice(1) : undefined,
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
    .sort((a, b) => rankOf(a) - rankOf(b) || b.path.length - a.path.length);
  const takesAmbiguous = routes.some(({ ambiguousPaths }) => ambiguousPaths === true);
  return Object.freeze({ places: sorted, foldsSome: sorted.some(({ folds }) => folds), takesAmbiguous });
}

/** The lowest comes first. */
function rankOf({ host, suffix }: Pick<Entry, "host" | "suffix">): number {
  if (host === undefined) return 0;
  return suffix === undefined ? Number.NEGATIVE_INFINITY : -suffix.length;
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
 * upstream might read the spelling of a narrower place. A path that has several readings matches the route to which all of
 * them lead, if that takes such paths.
 */
export function matchRoute(
  table: RouteTable,
  { host, path: canonical, readings }: Pick<CanonicalTarget, "host" | "path" | "readings">,
  method: string,
): RouteMatched | undefined {
  if (readings !== undefined) {
    const matches = new Set([...readings].map((reading) => matchDecoded(table, host, reading, method)));
    const [match] = matches;
    return matches.size === 1 && match?.route.ambiguousPaths === true ? match : undefined;
  }
  const path = decodePath(canonical);
  return path === undefined ? undefined : matchDecoded(table, host, path, method);
}

function matchDecoded(table: RouteTable, host: string, path: string, method: string): RouteMatched | undefined {
  const folded = table.foldsSome ? foldPath(path) : path;
  let first: Entry | undefined;
  for (const place of table.places) {
    if (!isForHost(place, host)) continue;
    if (!isAtOrBelow(path, place.path) && !(place.folds && isAtOrBelow(folded, place.folded))) continue;
    first = place;
    break;
  }
  const found = first?.folds === true ? findFolded(table, host, path, folded) : first;
  return found && routeIn(found, path, method);
}

/** Finds the place on which all spellings of a path agree. */
function findFolded({ places }: RouteTable, host: string, path: string, folded: string): Entry | undefined {
  const here = places.filter((place) => isForHost(place, host));
  const found = here.find((place) => isAtOrBelow(folded, place.folded));
  const spellings = toWideSpellings(path);
  const isCertain = spellings?.every((one) => here.find((place) => isAtOrBelow(one, place.wide)) === found);
  return isCertain === true ? found : undefined;
}

function isForHost({ host, suffix }: Pick<Entry, "host" | "suffix">, asked: string): boolean {
  if (host === undefined || host === asked) return true;
  return suffix !== undefined && asked.length > suffix.length && asked.endsWith(suffix);
}

function routeIn({ path: prefix, routes }: Entry, path: string, method: string): RouteMatched | undefined {
  return routes.find(({ route: { match } }) => {
    if (match.methods.length > 0 && !match.methods.includes(method)) return false;
    return match.procedures === undefined || isProcedure(path, prefix, match.procedures);
  });
}

/** A service has one segment below its path, and a procedure has none. */
function isProcedure(path: string, prefix: string, procedures: "all" | "one"): boolean {
  if (procedures === "one") return path === prefix;
  return path.length > prefix.length + 1 && !path.includes("/", prefix.length + 1);
}

function isAtOrBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47);
}
