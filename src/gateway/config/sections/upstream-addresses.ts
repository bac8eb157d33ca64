import { type ConfigPath, toPathText } from "../document.js";
import type { ReadContext } from "../read-context.js";
import { type RawList, type Schema, text } from "../schema.js";

/** The longest path of a Unix socket that every system takes, in bytes: macOS has 104 with the byte at its end. */
const maxSocketPath = 103;

/** The URL of an upstream, or a list of them. */
export const upstreamUrl: Schema<string | RawList<string>> = {
  type: ["string", "array"],
  minLength: 1,
  minItems: 1,
  items: text("a URL such as http://127.0.0.1:3000, without a path", "The URL of one address."),
  title: "a URL such as http://127.0.0.1:3000, without a path, or a list of URLs",
  description:
    "`http://`, `https://` (HTTP/2 where the upstream agrees to it) or `h2c://` (HTTP/2 without TLS, for gRPC), host and port; no path. " +
    "Or a Unix socket: `unix:/run/app.sock`, and `unix+h2c:/run/app.sock`. Of a list the address with the fewest requests under way " +
    "gets the next one.",
};

/** One address of an upstream. */
export interface UpstreamAddress {
  /** As `parseOrigin` reads it. */
  readonly origin: string;
  /** Host and port of its URL; a socket has none. */
  readonly host: string | undefined;
}

/**
 * Reads the addresses of an upstream, and reports those that are none.
 *
 * @param isGrpc the upstream speaks gRPC
 */
export function readAddresses(
  raw: string | RawList<string> | undefined,
  isGrpc: boolean,
  path: ConfigPath,
  context: ReadContext,
): readonly UpstreamAddress[] {
  const urls = typeof raw === "string" ? [raw] : (raw ?? []);
  const read: UpstreamAddress[] = [];
  for (const [index, url] of urls.entries()) {
    if (url === undefined) continue;
    const at = typeof raw === "string" ? path : [...path, index];
    const found = readUrl(url);
    const report = (fault: string): void => context.report(at, `${toPathText(at)} ${fault}`);
    if ("fault" in found) report(found.fault);
    else if (read.some(({ origin }) => origin === found.origin))
      report("is listed above already; remove one of the two");
    else {
      if (isGrpc && !speaksHttp2(found.origin))
        report("must begin with h2c://, unix+h2c: or https://, since gRPC needs HTTP/2");
      read.push(found);
    }
  }
  return read;
}

/** Whether an upstream may speak HTTP/2 by the scheme of its origin. */
export function speaksHttp2(origin: string): boolean {
  return /^(?:h2c|unix\+h2c|https):/.test(origin);
}

/** The fault does not show the URL, which may hold a password. */
function readUrl(text: string): UpstreamAddress | { readonly fault: string } {
  if (/^unix(?:\+h2c)?:/i.test(text)) return readSocketUrl(text);
  const url = toUrl(text);
  const fault = faultOf(url, text);
  if (fault !== undefined || url === undefined) return { fault: fault ?? "must be a URL" };
  return { origin: /^h2c:/i.test(text) ? `h2c://${url.host}` : url.origin, host: url.host };
}

function readSocketUrl(text: string): UpstreamAddress | { readonly fault: string } {
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
