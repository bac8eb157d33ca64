import type { RequestFault } from "./call-header.js";
import type { CallType } from "./caller-protocol.js";

/** A unary call whose message is in the query (Connect protocol, "Unary-Get-Request"). */
export interface ConnectGet {
  readonly type: CallType;
  readonly message: Uint8Array;
  /** In lower case; `undefined`: it is not compressed. */
  readonly encoding: string | undefined;
}

const codecs: ReadonlyMap<string | undefined, CallType> = new Map([
  ["proto", { protocol: "connect-unary", codec: "proto", contentType: "application/proto" }],
  ["json", { protocol: "connect-unary", codec: "json", contentType: "application/json" }],
]);

/** Both alphabets, with or without padding. */
const base64Form = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?$/;

/** Reads the query of a Connect GET. Parameters that the protocol does not have are ignored. */
export function readConnectGet(query: string): ConnectGet | RequestFault {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!["connect", "encoding", "message", "base64", "compression"].includes(name)) continue;
    // Two would be two messages: a cache, a log and the upstream could each take another one.
    if (values.has(name)) return bad(`The query has "${name}" twice.`);
    values.set(name, value);
  }
  if ((values.get("connect") ?? "v1") !== "v1") return bad('The query must have "connect=v1".');
  const type = codecs.get(values.get("encoding"));
  if (type === undefined)
    return { kind: "media-type", message: 'The query must have "encoding=proto" or "encoding=json".' };
  const text = values.get("message");
  if (text === undefined) return bad('The query has no "message".');
  const base64 = values.get("base64") ?? "0";
  if (base64 !== "0" && base64 !== "1") return bad('"base64" in the query must be 0 or 1.');
  const coded = readBytes(query, text, base64 === "1");
  if (coded === undefined) return bad('"message" in the query is malformed.');
  const compression = (values.get("compression") ?? "identity").toLowerCase();
  if (!/^[a-z0-9._-]{0,32}$/.test(compression)) return bad('"compression" in the query is malformed.');
  return {
    type,
    message: coded,
    encoding: compression === "identity" || compression === "" ? undefined : compression,
  };
}

function readBytes(query: string, text: string, isBase64: boolean): Uint8Array | undefined {
  if (isBase64) return base64Form.test(text) ? Buffer.from(text, "base64url") : undefined;
  // Octets need not be UTF-8, as which `URLSearchParams` has read them.
  const [, raw] = /(?:^|&)message=([^&]*)/.exec(query) ?? [];
  if (raw === undefined || /%(?![0-9A-Fa-f]{2})/.test(raw)) return undefined;
  const bytes = raw.replaceAll("+", " ").replace(/%(..)/g, (_, octet: string) => fromOctet(octet));
  return Buffer.from(bytes, "latin1");
}

function fromOctet(octet: string): string {
  return String.fromCharCode(Number.parseInt(octet, 16));
}

function bad(message: string): RequestFault {
  return { kind: "bad", message };
}
