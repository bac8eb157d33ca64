import { firstOf } from "../../model/raw-headers.js";

/** `application/grpc`, with or without the name of a codec. Not gRPC-Web, which HTTP/1.1 carries. */
const grpc = /^application\/grpc(?![a-z0-9.-])/i;

const rpcStream = /^application\/(?:grpc|connect\+)/i;

/** @param rawHeaders of a request or of an answer: name, value, name, value */
export function isGrpc(rawHeaders: readonly string[]): boolean {
  return grpc.test(firstOf(rawHeaders, "content-type") ?? "");
}

/** Whether a request may be open for hours while the caller is silent: gRPC of any kind, and streams of Connect. */
export function isRpcStream(rawHeaders: readonly string[]): boolean {
  return rpcStream.test(firstOf(rawHeaders, "content-type") ?? "");
}
