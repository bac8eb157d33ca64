import type { RouteConfig } from "../../route/route-config.js";

/**
 * Returns what in a route contradicts that the gateway logs in to its upstream, in words that follow its name; `undefined`:
 * nothing does. A path of several readings could be that of a procedure whose messages hold tokens.
 */
export function contradictionOf({
  forwardAuthorization,
  requestHeaders,
  ambiguousPaths,
}: RouteConfig): string | undefined {
  if (forwardAuthorization || requestHeaders?.removed.has("authorization") === true)
    return "sends an Authorization of its own";
  return ambiguousPaths === true ? "takes paths that can be read in several ways" : undefined;
}
