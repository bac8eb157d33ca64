import type { Platform } from "../../base/platform.js";
import type { RouteConfig } from "../route/route-config.js";
import { type CallerCounts, createCallerCounts } from "./caller-counts.js";

/** Makes what finds the counts of a route. They are made when they are first asked for, and last as long as the route. */
export function createCountsOf(platform: Platform): (route: RouteConfig) => CallerCounts {
  const known = new WeakMap<RouteConfig, CallerCounts>();
  return (route) => {
    const counts = known.get(route) ?? createCallerCounts(platform);
    known.set(route, counts);
    return counts;
  };
}
