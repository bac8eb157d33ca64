import { isIPv4, isIPv6 } from "node:net";
import type { AddressConfig } from "../listen/listen-config.js";

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/**
 * Parses an address with its port: `"127.0.0.1:8080"`, `"[::1]:8080"`, `"localhost:0"`.
 *
 * @returns `undefined` for any other text, also for a port alone, which would mean every interface
 */
export function parseHostAndPort(text: string): AddressConfig | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(0|[1-9]\d{0,4})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? Object.freeze({ host: bracketed, port }) : undefined;
  if (plain === undefined || !(isIPv4(plain) || isPlausibleName(plain))) return undefined;
  return Object.freeze({ host: plain, port });
}

/** Returns host and port as in a URL, with IPv6 in brackets. */
export function toAddressText({ host, port }: AddressConfig): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a text can be a host name. `300.0.0.1` cannot: a name's last label is never all digits (RFC 3696 §2). */
function isPlausibleName(name: string): boolean {
  return name.length <= 253 && hostName.test(name) && !/(^|\.)\d+$/.test(name);
}

export const addressForm = "an address with its port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080";

/** Returns what is wrong with a text that `parseHostAndPort` refuses. The text is not shown: it may be from a variable. */
export function faultOfAddress(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return "this must be host and port alone, without http://";
  if (/^\*?:\d+$/.test(text)) {
    const port = text.slice(text.indexOf(":"));
    return `the host is missing: write 127.0.0.1${port} for this machine only, or 0.0.0.0${port} for every interface`;
  }
  if (isIPv6(text) || /^[0-9a-f]*:[0-9a-f:]*:/i.test(text)) return "an IPv6 address is in brackets: [::1]:8080";
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  const isHost = bracketed === undefined ? isIPv4(plain ?? "") || isPlausibleName(plain ?? "") : isIPv6(bracketed);
  if (isHost && port === undefined) return `the port is missing; this must be ${addressForm}`;
  if (isHost) return "the port must be a number from 0 to 65535, without zeros in front; 0 takes a free one";
  return `this must be ${addressForm}`;
}
