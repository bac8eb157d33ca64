import { decodePath } from "./canonical-path.js";
import type { CanonicalTarget } from "./canonical-target.js";
import { type Requirements, toRequirements } from "./permission.js";
import type { RouteConfig } from "./route-config.js";

/** The routes of a configuration, in the order in which they are tried. Made once by `createRouteTable`. */
export type RouteTable = readonly Entry[];

interface Entry {
  readonly host: string | undefined;
  /** Decoded, without a slash at the end. */
  readonly path: string;
  /** In the order of the file. */
  readonly routes: readonly RouteMatched[];
}

/** What a request has matched: one object for all requests. */
export interface RouteMatched {
  readonly route: RouteConfig;
  readonly requirements: Requirements;
}

/** Sorts the most specific first: with a host before without, then the longer path; equal ones stay in file order. */
export function createRouteTable(routes: readonly RouteConfig[]): RouteTable {
  const places = new Map<string, Entry & { readonly routes: RouteMatched[] }>();
  for (const route of routes) {
    const { host, path } = route.match;
    const decoded = (decodePath(path) ?? path).replace(/\/+$/, "");
    const key = JSON.stringify([host ?? null, decoded]);
    const place = places.get(key) ?? { host, path: decoded, routes: [] };
    place.routes.push(Object.freeze({ route, requirements: toRequirements(route) }));
    places.set(key, place);
  }
  return Object.freeze(
    [...places.values()].sort(
      (a, b) => Number(a.host === undefined) - Number(b.host === undefined) || b.path.length - a.path.length,
    ),
  );
}

/**
 * Finds the route for a request, or `undefined`, to be answered with 404. A path matches itself and all paths below it,
 * by whole segments: `/pki/prod` does not match `/pki/prod-other`.
 *
 * The most specific place decides alone. If its routes name methods, a request with another method matches no route,
 * rather than a wider route with fewer requirements.
 */
export function matchRoute(
  table: RouteTable,
  target: Pick<CanonicalTarget, "host" | "path">,
  method: string,
): RouteMatched | undefined {
  const path = decodePath(target.path);
  if (path === undefined) return undefined;
  for (const place of table) {
    if (place.host !== undefined && place.host !== target.host) continue;
    if (!isAtOrBelow(path, place.path)) continue;
    return place.routes.find(
      ({
        route: {
          match: { methods },
        },
      }) => methods.length === 0 || methods.includes(method),
    );
  }
  return undefined;
}

function isAtOrBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47);
}
