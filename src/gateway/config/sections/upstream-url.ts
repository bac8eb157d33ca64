/** The longest path of a Unix socket that every system takes, in bytes: macOS has 104 with the byte at its end. */
const maxSocketPath = 103;

/**
 * Reads the URL of an upstream.
 *
 * @returns its origin, as `parseOrigin` reads it, and the host of its URL, which a socket does not have; or its fault, which does
 *   not show the URL: it may hold a password
 */
export function readUpstreamUrl(
  text: string,
): { readonly origin: string; readonly host: string | undefined } | { readonly fault: string } {
  if (/^unix(?:\+h2c)?:/i.test(text)) return readSocketUrl(text);
  const url = toUrl(text);
  const fault = faultOf(url, text);
  if (fault !== undefined || url === undefined) return { fault: fault ?? "must be a URL" };
  return { origin: /^h2c:/i.test(text) ? `h2c://${url.host}` : url.origin, host: url.host };
}

function readSocketUrl(
  text: string,
): { readonly origin: string; readonly host: undefined } | { readonly fault: string } {
  const at = text.indexOf(":");
  const path = text.slice(at + 1);
  if (!path.startsWith("/") || path.startsWith("//") || path.includes("\0"))
    return { fault: "must name a socket by its path from the root, such as unix:/run/app.sock" };
  if (Buffer.byteLength(path) > maxSocketPath)
    return { fault: `must name a socket by a path of at most ${maxSocketPath} bytes; no system takes a longer one` };
  return { origin: `${text.slice(0, at).toLowerCase()}:${path}`, host: undefined };
}

/** A URL of `h2c`, which the URL standard does not know, is read as one of `http`. */
function toUrl(text: string): URL | undefined {
  const known = text.replace(/^h2c:/i, "http:");
  return URL.canParse(known) ? new URL(known) : undefined;
}

function faultOf(url: URL | undefined, text: string): string | undefined {
  if (/^(?:https?|h2c):\/\/[^/?#]*:\d+/i.test(text) && (url === undefined || url.port === "0")) {
    return "must have a port from 1 to 65535, such as http://127.0.0.1:3000";
  }
  if (!/^(?:https?|h2c):/i.test(text))
    return "must begin with http://, https://, h2c:// or unix:, such as http://127.0.0.1:3000";
  if (url === undefined || url.hostname === "") return "must be a URL such as http://127.0.0.1:3000";
  if (url.username !== "" || url.password !== "")
    return "must not hold a user name or password; the upstream would not see them";
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return "must end after the port: the request's own path goes to the upstream";
  }
  return undefined;
}
