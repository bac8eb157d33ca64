import { firstOf } from "../../model/raw-headers.js";
import { lowerOf } from "../forward/header-fate.js";
import { isReserved } from "./call-end.js";
import type { CallerProtocol } from "./caller-protocol.js";
import { readEncoding } from "./encodings.js";

/** The header of the caller's answer. */
export interface AnswerHeader {
  /** Name, value, name, value; names in lower case. */
  readonly headers: string[];
  /** The encoding of the messages; `undefined`: none may be compressed, since there is none that the caller accepts. */
  readonly encoding: string | undefined;
}

/** The fields that say how messages are encoded, and which encodings the upstream accepts. */
const names: Readonly<Record<CallerProtocol, readonly [encoding: string, accepted: string]>> = {
  "grpc-web": ["grpc-encoding", "grpc-accept-encoding"],
  "grpc-web-text": ["grpc-encoding", "grpc-accept-encoding"],
  "connect-unary": ["content-encoding", "accept-encoding"],
  "connect-stream": ["connect-content-encoding", "connect-accept-encoding"],
};

/**
 * Makes the header of the caller's answer from that of a call of gRPC.
 *
 * | of the upstream | gRPC-Web | Connect |
 * |---|---|---|
 * | `content-type` | that of the request | the same |
 * | `grpc-encoding` | as it is, if the caller accepts it | as `content-encoding`, of streams as `connect-content-encoding` |
 * | `grpc-accept-encoding` | as it is | as `accept-encoding`, of streams as `connect-accept-encoding` |
 * | other `grpc-…`, `content-…`, `accept-encoding`, `connect-…` | dropped | dropped |
 * | `trailer-…` | as it is | of unary calls: no answer, since it would pass for a trailer |
 *
 * A unary answer says its `content-encoding` only when its message turns out to be compressed.
 *
 * @returns `undefined` when the caller would take a field for what it is not
 */
export function toAnswerHeader(
  protocol: CallerProtocol,
  contentType: string,
  received: readonly string[],
  accepted: readonly string[],
): AnswerHeader | undefined {
  const [encodingName, acceptedName] = names[protocol];
  const headers = ["content-type", contentType];
  for (let index = 0; index < received.length; index += 2) {
    const name = lowerOf(received[index] as string);
    if (protocol === "connect-unary" && name.startsWith("trailer-")) return undefined;
    if (isReserved(name) || name === "accept-encoding" || name.startsWith("connect-")) continue;
    headers.push(name, received[index + 1] as string);
  }
  const said = readEncoding(received, "grpc-encoding");
  const encoding = said !== undefined && accepted.includes(said) ? said : undefined;
  if (encoding !== undefined && protocol !== "connect-unary") headers.push(encodingName, encoding);
  const takes = firstOf(received, "grpc-accept-encoding");
  if (takes !== undefined) headers.push(acceptedName, takes);
  return { headers, encoding };
}
