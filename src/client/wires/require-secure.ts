import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Refuses to send passwords and tokens in the clear to another machine.
 *
 * @param baseUrl the URL of the services; `""` when only the transport knows it
 * @throws {ConnectError} `InvalidArgument` for an `http:` URL of another host than this machine, without `insecure`
 */
export function requireSecure(baseUrl: string, insecure: boolean): void {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  if (insecure || baseUrl === "" || !URL.canParse(baseUrl, page)) return;
  const { protocol, hostname } = new URL(baseUrl, page);
  if (protocol !== "http:" || isLoopback(hostname)) return;
  throw new ConnectError(
    "baseUrl is http: on another machine, and passwords and tokens would cross the network in the clear; use https:, or say insecure: true",
    Code.InvalidArgument,
  );
}

/** Whether a name means this machine wherever it is resolved (RFC 6761 §6.3). `URL` has brought addresses to one form. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])\.?$/.test(
    hostname,
  );
}
