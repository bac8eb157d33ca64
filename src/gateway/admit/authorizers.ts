import type { Platform } from "../../base/platform.js";
import type { AuthorizeConfig, RouteConfig } from "../route/route-config.js";
import { type Authorizer, createAuthorizer } from "./authorizer.js";

/** The services that decide about the requests of a configuration. */
export interface Authorizers {
  /** Returns that of a route; `undefined`: the route has none. */
  of(route: RouteConfig): Authorizer | undefined;
  list(): Iterable<Authorizer>;
  close(): void;
}

/** Makes what asks the services of routes: routes with one service share its connections, its breaker and its answers. */
export function createAuthorizers(
  routes: readonly RouteConfig[],
  platform: Platform,
  onWarning?: (message: string) => void,
): Authorizers {
  const made = new Map<string, Authorizer>();
  const known = new Map<AuthorizeConfig, Authorizer>();
  for (const { authorize } of routes) {
    if (authorize === undefined) continue;
    const { url, timeoutMs, bearerToken } = authorize;
    const key = JSON.stringify([url, timeoutMs, bearerToken]);
    const authorizer = made.get(key) ?? createAuthorizer(authorize, platform, onWarning);
    made.set(key, authorizer);
    known.set(authorize, authorizer);
  }
  return {
    of: ({ authorize }) => authorize && known.get(authorize),
    list: () => made.values(),
    close() {
      for (const authorizer of made.values()) authorizer.close();
    },
  };
}
