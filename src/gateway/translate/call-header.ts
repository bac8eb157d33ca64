import { firstOf, soleOf } from "../../model/raw-headers.js";
import type { CallerProtocol, CallType } from "./caller-protocol.js";
import { readAccepted, readEncoding } from "./encodings.js";

/** The header of the upstream's call. */
export interface CallHeader {
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  /** The encodings that the caller accepts for answers. */
  readonly accepted: readonly string[];
  /** The encoding of the caller's messages; `undefined`: none. */
  readonly encoding: string | undefined;
}

/** Why there is none, for the caller. */
export interface RequestFault {
  readonly kind: "media-type" | "bad";
  readonly message: string;
}

/** The fields that say how messages are encoded, in each protocol. */
const names: Readonly<Record<CallerProtocol, readonly [encoding: string, accepted: string]>> = {
  "grpc-web": ["grpc-encoding", "grpc-accept-encoding"],
  "grpc-web-text": ["grpc-encoding", "grpc-accept-encoding"],
  "connect-unary": ["content-encoding", "accept-encoding"],
  "connect-stream": ["connect-content-encoding", "connect-accept-encoding"],
};

/** Fields of the caller's protocol and of the body that it sends: the upstream's call has its own. */
const dropped: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "content-encoding",
  "content-type",
  "te",
  "x-grpc-web",
]);

/** The digits of `grpc-timeout`. */
const mostUnits = 99_999_999;

/**
 * Makes the header of a call of gRPC.
 *
 * | of the caller | gRPC-Web | Connect |
 * |---|---|---|
 * | `content-type` | `application/grpc+proto` | the same |
 * | `grpc-timeout` | as it is | from `connect-timeout-ms` |
 * | `grpc-encoding` | as it is | from `content-encoding`, of streams from `connect-content-encoding` |
 * | `grpc-accept-encoding` | as it is | from `accept-encoding`, of streams from `connect-accept-encoding` |
 * | other `grpc-…` | as they are | dropped: no metadata of Connect may be called so |
 * | `connect-…`, `trailer-…`, `x-grpc-web`, `accept` | dropped | dropped |
 *
 * Messages in JSON may not be compressed, in either direction.
 *
 * @param headers from `toUpstreamHeaders`
 */
export function toCallHeader(
  { protocol, codec }: Pick<CallType, "protocol" | "codec">,
  headers: readonly string[],
  query?: { readonly encoding: string | undefined },
): CallHeader | RequestFault {
  const isWeb = protocol === "grpc-web" || protocol === "grpc-web-text";
  const [encodingName, acceptedName] = names[protocol];
  const version = soleOf(headers, "connect-protocol-version");
  if (!isWeb && version !== undefined && version !== "1") return bad("Connect-Protocol-Version must be 1.");
  if (encodingName !== "content-encoding" && readEncoding(headers, "content-encoding") !== undefined)
    return { kind: "media-type", message: "Content-Encoding is for unary calls of Connect; compress each message." };
  const encoding = query === undefined ? readEncoding(headers, encodingName) : query.encoding;
  if (encoding === "several") return bad(`The messages can have one encoding only: ${encodingName}.`);
  const timeout = isWeb ? firstOf(headers, "grpc-timeout") : toGrpcTimeout(soleOf(headers, "connect-timeout-ms"));
  if (timeout === "ill-formed") return bad("Connect-Timeout-Ms must be a number of at most ten digits.");
  // The gateway reads these messages, and an answer of a few bytes could become gigabytes.
  const isRead = codec === "json";
  if (isRead && encoding !== undefined) return { kind: "media-type", message: "JSON must not be compressed here." };
  const accepted = isRead ? [] : readAccepted(headers, acceptedName);
  const fields: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (dropped.has(name) || name.startsWith("connect-") || name.startsWith("trailer-")) continue;
    if (name.startsWith("grpc-") && (!isWeb || isSaidAnew(name))) continue;
    fields.push(name, headers[index + 1] as string);
  }
  fields.push("content-type", "application/grpc+proto", "te", "trailers");
  if (timeout !== undefined) fields.push("grpc-timeout", timeout);
  if (encoding !== undefined) fields.push("grpc-encoding", encoding);
  if (accepted.length > 0) fields.push("grpc-accept-encoding", accepted.join(","));
  return { headers: fields, accepted, encoding };
}

function isSaidAnew(name: string): boolean {
  return name === "grpc-timeout" || name === "grpc-encoding" || name === "grpc-accept-encoding";
}

/** `connect-timeout-ms` may have ten digits, `grpc-timeout` eight: longer ones are said in seconds, rounded up. */
function toGrpcTimeout(value: ReturnType<typeof soleOf>): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !/^[0-9]{1,10}$/.test(value)) return "ill-formed";
  const ms = Number(value);
  return ms <= mostUnits ? `${ms}m` : `${Math.ceil(ms / 1_000)}S`;
}

function bad(message: string): RequestFault {
  return { kind: "bad", message };
}
