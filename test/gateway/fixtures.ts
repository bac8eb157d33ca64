import type { RouteConfig, RouteMatch } from "../../src/gateway/route/route-config.js";
import { createRouteTable, type RouteTable } from "../../src/gateway/route/routes.js";

export function route(match: Partial<RouteMatch> = {}, rest: Partial<Omit<RouteConfig, "match">> = {}): RouteConfig {
  return {
    match: { host: undefined, path: "/", methods: [], ...match },
    anonymous: false,
    roles: [],
    scopes: [],
    schemes: [],
    stepUp: undefined,
    upstream: "app",
    forwardAuthorization: false,
    line: 1,
    ...rest,
  };
}

export function tableOf(...matches: readonly Partial<RouteMatch>[]): RouteTable {
  return createRouteTable(matches.map((match, index) => route(match, { line: index + 1 })));
}
