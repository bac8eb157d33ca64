import { METHODS } from "node:http";

/**
 * The longest logged segment of a path. A longer one is likely a token: a session token has 84 characters, a UUID 36.
 */
const longestSegment = 40;

/** The methods that are logged. HTTP/2 accepts any word as a method, also a token. */
const methods: ReadonlySet<string> = new Set(METHODS);

const longestPath = 256;

const plainPath = /^\/[^?#]*$/;

/** Returns the path for a log line: without the query, and without segments that may be credentials. */
export function toLoggedPath(url: string): string {
  if (url.length <= longestSegment && plainPath.test(url)) return url;
  const path = url.split(/[?#]/, 1)[0] ?? "";
  // An absolute target may hold user and password.
  if (!path.startsWith("/")) return "";
  const segments = path.slice(0, longestPath).split("/");
  return segments.map((segment) => (segment.length > longestSegment ? "*" : segment)).join("/");
}

/** Returns a method for a log line, or `*` for a word that is none. */
export function toLoggedMethod(method: string): string {
  return methods.has(method) ? method : "*";
}
