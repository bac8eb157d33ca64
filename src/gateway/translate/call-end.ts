import { toGrpcMessage } from "../../adapters/node/reject.js";
import { toDenialFields, toDenialStatus } from "../../credentials/denial-fields.js";
import type { Denial } from "../../model/decision.js";
import { firstOf, soleOf } from "../../model/raw-headers.js";
import { decodeGrpcMessage } from "./grpc-message.js";
import { parseStatus, rpcCodeOf } from "./rpc-codes.js";
import { readStatusDetails } from "./status-details.js";

/** How a call ended. */
export interface CallEnd {
  /** 0 to 16. */
  readonly status: number;
  readonly message: string;
  /** A `google.rpc.Status`, as `grpc-status-details-bin` has it. */
  readonly details: string | undefined;
  /** Name, value, name, value; names in lower case. None is of gRPC. */
  readonly metadata: readonly string[];
}

/** Fields of an answer that are no metadata: of gRPC, and of the body that carries them. */
export function isReserved(lower: string): boolean {
  return lower.startsWith("grpc-") || lower.startsWith("content-");
}

/**
 * Reads how a call ended.
 *
 * @param trailers from `toCallerTrailers`
 * @returns `undefined` when they do not say it, or say it twice
 */
export function readCallEnd(trailers: readonly string[]): CallEnd | undefined {
  const text = soleOf(trailers, "grpc-status");
  const status = typeof text === "string" ? parseStatus(text) : undefined;
  if (status === undefined) return undefined;
  const metadata: string[] = [];
  for (let index = 0; index < trailers.length; index += 2) {
    const name = trailers[index] as string;
    if (!isReserved(name)) metadata.push(name, trailers[index + 1] as string);
  }
  const message = decodeGrpcMessage(firstOf(trailers, "grpc-message") ?? "");
  return { status, message, details: firstOf(trailers, "grpc-status-details-bin"), metadata };
}

/** The end by a denial of the gateway's own. */
export function endOfDenial(denial: Denial): CallEnd {
  const { grpc: status } = toDenialStatus(denial);
  return { status, message: denial.message, details: undefined, metadata: toDenialFields(denial).flat() };
}

/** Writes the end as the block of trailers that gRPC-Web has in its body. */
export function toWebTrailers({ status, message, details, metadata }: CallEnd): Uint8Array {
  const fields = ["grpc-status", String(status)];
  if (message !== "") fields.push("grpc-message", toGrpcMessage(message));
  if (details !== undefined) fields.push("grpc-status-details-bin", details);
  fields.push(...metadata);
  let block = "";
  for (let index = 0; index < fields.length; index += 2) block += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return Buffer.from(block, "latin1");
}

/** An error as Connect writes it, in JSON. */
export interface ErrorJson {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly object[];
}

/** Returns the error of an end whose status is not 0. */
export function toErrorJson({ status, message, details }: CallEnd): ErrorJson {
  const read = details === undefined ? [] : readStatusDetails(details);
  return {
    code: rpcCodeOf(status).name,
    ...(message !== "" && { message }),
    ...(read.length > 0 && { details: read }),
  };
}

/** Writes the end as the last message of a stream of Connect. */
export function toEndStream(end: CallEnd): Uint8Array {
  // No prototype: a field may be called `__proto__`.
  const metadata: Record<string, string[]> = Object.create(null);
  for (let index = 0; index < end.metadata.length; index += 2) {
    const name = end.metadata[index] as string;
    metadata[name] ??= [];
    metadata[name].push(end.metadata[index + 1] as string);
  }
  const error = end.status === 0 ? {} : { error: toErrorJson(end) };
  return Buffer.from(JSON.stringify({ ...error, metadata }));
}
