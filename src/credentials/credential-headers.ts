import { several, soleOf } from "../model/raw-headers.js";
import { ticketProtocolPrefix } from "../wire/socket-ticket.js";
import { type Extracted, extractCredentials } from "./carriers.js";
import { trimOws } from "./parse-authorization.js";
import { socketProtocolHeader, ticketProtocolsOf } from "./socket-protocols.js";

/**
 * A credential without its scheme: visible ASCII. A blank could begin a scheme inside the value, and a comma joins two
 * values.
 */
const bare = /^[!-+\--~]+$/;

/**
 * Finds the credentials of a request in `Authorization`, in further headers, each of which carries the credentials of
 * one scheme, and in the subprotocols that a WebSocket offers: a ticket. Two of them are refused: another server may have
 * judged the request by either.
 *
 * @param headers names in lower case, each with its scheme
 * @param maxLength the longest value that is read, in characters
 */
export function extractFromHeaders(
  rawHeaders: readonly string[],
  truncated: boolean,
  headers: ReadonlyMap<string, string>,
  maxLength: number,
): Exclude<Extracted, { readonly kind: "several" }> {
  let found = extractCredentials(rawHeaders, truncated, maxLength);
  for (const [header, scheme] of headers) {
    if (found.kind === "refused") return found;
    const value = soleOf(rawHeaders, header);
    if (value === undefined) continue;
    if (value === several || found.kind !== "none") return { kind: "refused", reason: "duplicate" };
    if (value.length > maxLength) return { kind: "refused", reason: "too_long" };
    const payload = trimOws(value);
    if (!bare.test(payload)) return { kind: "refused", reason: "malformed" };
    found = { kind: "credentials", scheme: scheme.toLowerCase(), name: scheme, payload, header };
  }
  if (found.kind === "refused") return found;
  const [offered, ...others] = ticketProtocolsOf(rawHeaders);
  if (offered === undefined) return found;
  if (found.kind !== "none" || others.length > 0) return { kind: "refused", reason: "duplicate" };
  const payload = offered.slice(ticketProtocolPrefix.length);
  return { kind: "credentials", scheme: "ticket", name: "ticket", payload, header: socketProtocolHeader };
}
