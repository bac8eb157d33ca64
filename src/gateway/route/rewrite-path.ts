import type { PathRewrite } from "./route-config.js";

/**
 * Returns the path for an upstream whose paths begin elsewhere. The segments of `strip` are counted, not compared: the route
 * matched, so the path begins with them, in whatever spelling.
 *
 * @param path canonical, or with several readings; it begins with `strip`
 */
export function rewritePath(path: string, { strip, add }: PathRewrite): string {
  let at = 0;
  for (let segments = strip.split("/").length - 1; segments > 0 && at !== -1; segments -= 1) {
    at = path.indexOf("/", at + 1);
  }
  const rest = at === -1 ? "" : path.slice(at);
  return add + rest || "/";
}
