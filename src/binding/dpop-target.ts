import { valuesOf } from "../model/raw-headers.js";
import type { AuthRequest } from "../model/request.js";

/** Whether `htu` names the target of the request (RFC 9449 §4.3, check 9). */
export type IsTarget = (htu: string, request: Pick<AuthRequest, "path" | "rawHeaders">) => boolean;

/**
 * Makes the function that compares the URL in a proof with the URL of the request.
 *
 * @param baseUrls without a slash at the end: one of them followed by the request's path is the URL that the client
 *   called. When empty, the URL has the authority that the request names and either scheme, since TLS may end at a
 *   proxy in front.
 */
export function createIsTarget(baseUrls: readonly string[]): IsTarget {
  return (htu, { path, rawHeaders }) => {
    if (baseUrls.length > 0) return baseUrls.some((base) => isSame(htu, base + path));
    const named = [...valuesOf(rawHeaders, ":authority"), ...valuesOf(rawHeaders, "host")];
    const scheme = /^http:/i.test(htu) ? "http" : "https";
    return named.length > 0 && named.every((authority) => isSame(htu, `${scheme}://${authority}${path}`));
  };
}

/** "Ignoring any query and fragment parts" (RFC 9449 §4.3, check 9): clients that sign the whole URL are common. */
function isSame(htu: string, url: string): boolean {
  if (htu === url) return true;
  const normal = normalize(htu.split(/[?#]/, 1)[0] ?? "");
  return normal !== undefined && normal === normalize(url);
}

/** A URL without a user, query or fragment: `isSame` has taken the last two off, and a URL with a user is refused. */
const shape = /^(https?):\/\/([^/?#@\\\s]+)(\/.*)?$/i;

/**
 * Normalizes a URL (RFC 3986 §6.2.2 and §6.2.3), without removing dot segments: the server decides what such a path
 * means.
 */
function normalize(url: string): string | undefined {
  const [, scheme = "", authority, path = "/"] = shape.exec(url) ?? [];
  const origin = `${scheme}://${authority}`;
  if (authority === undefined || !URL.canParse(origin)) return undefined;
  return new URL(origin).origin + normalizeOctets(path);
}

function normalizeOctets(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : octet.toUpperCase();
  });
}
