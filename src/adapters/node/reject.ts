import type { Denial, DenialCode, DenialReason } from "../../model/decision.js";
import type { AuthRequest } from "../../model/request.js";

/** A denial as a complete HTTP response. */
export interface DenialResponse {
  readonly status: number;
  /** Names in lower case; a name may come several times. Without `content-length`, which is the writer's. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty for trailers-only gRPC and for HEAD. */
  readonly body: Uint8Array;
}

/** The Connect protocol's HTTP status and the gRPC status of each code. */
const statuses: Record<DenialCode, { readonly http: number; readonly grpc: number }> = {
  unauthenticated: { http: 401, grpc: 16 },
  unavailable: { http: 503, grpc: 14 },
  resource_exhausted: { http: 431, grpc: 8 },
  permission_denied: { http: 403, grpc: 7 },
  not_found: { http: 404, grpc: 5 },
  invalid_argument: { http: 400, grpc: 3 },
  deadline_exceeded: { http: 504, grpc: 4 },
  unimplemented: { http: 501, grpc: 12 },
};

/** The header, metadata key and trailer that carries `Denial.reason`. */
export const reasonHeader = "sallyport-reason";

/** Store, disk and network faults pass quickly: one second is the shortest delay that the field can say. */
const retryAfterSeconds = "1";

const endStreamFlag = 0b0000_0010;

const trailerFlag = 0b1000_0000;

type Field = readonly [name: string, value: string];

/**
 * Puts a denial into the caller's own protocol, told by `content-type` alone: plain HTTP, Connect (unary, GET and
 * streams), gRPC, gRPC-Web and gRPC-Web-text. Pure: it writes nothing.
 *
 * The reason rides as `sallyport-reason` and each challenge as one `www-authenticate`: HTTP fields where the status
 * says what happened, metadata where the protocol hides it in the body.
 *
 * Plain HTTP and Connect unary need not be told apart: the same status and the same JSON serve both.
 */
export function toDenialResponse(denial: Denial, request: Pick<AuthRequest, "method" | "rawHeaders">): DenialResponse {
  const { http, grpc } = toStatus(denial);
  const contentType = contentTypeOf(request.rawHeaders);
  const metadata = toMetadata(denial);
  const grpcStatus: readonly Field[] = [
    ["grpc-status", String(grpc)],
    ["grpc-message", toGrpcMessage(denial.message)],
  ];
  switch (protocolOf(contentType)) {
    case "grpc":
      // Trailers-only: the header block is the trailer block, and there is no body.
      return respond(200, contentType, [...grpcStatus, ...metadata], empty);
    case "grpc-web":
      // In the body and not in headers: a browser shows a script only those headers that CORS exposes.
      return respond(200, contentType, [], trailerFrame([...grpcStatus, ...metadata]));
    case "grpc-web-text":
      return respond(200, contentType, [], utf8(toBase64(trailerFrame([...grpcStatus, ...metadata]))));
    case "connect-stream":
      return respond(200, contentType, [], endStreamFrame(denial, metadata));
    case "http": {
      const { code, message, reason } = denial;
      const body = utf8(`${JSON.stringify({ code, message, reason })}\n`);
      return respond(http, "application/json", metadata, request.method === "HEAD" ? empty : body);
    }
  }
}

/**
 * What no code of the RPC protocols says. RFC 9110 §15.6.3: whose fault it was is for an operator to see. RFC 6585 §4:
 * come back later, with fewer.
 */
const statusOfReason: { readonly [Reason in DenialReason]?: number } = { upstream_failed: 502, throttled: 429 };

function toStatus({ code, reason }: Denial): { readonly http: number; readonly grpc: number } {
  return { ...statuses[code], http: statusOfReason[reason] ?? statuses[code].http };
}

const empty = new Uint8Array();

function respond(status: number, contentType: string, fields: readonly Field[], body: Uint8Array): DenialResponse {
  const common: readonly Field[] = [
    ["content-type", contentType],
    ["cache-control", "no-store"],
    ["vary", "Authorization"],
  ];
  return { status, headers: [...common, ...fields], body };
}

function toMetadata(denial: Denial): readonly Field[] {
  const fields: Field[] = [[reasonHeader, denial.reason], ...(denial.headers ?? [])];
  for (const challenge of denial.challenges) fields.push(["www-authenticate", challenge]);
  if (denial.code === "unavailable") fields.push(["retry-after", retryAfterSeconds]);
  return fields;
}

type Protocol = "http" | "connect-stream" | "grpc" | "grpc-web" | "grpc-web-text";

// The suffix names the codec. It is echoed, so only what a media type may hold passes.
const rpcType = /^application\/(?:(grpc|grpc-web|grpc-web-text)(?:\+[a-z0-9._-]{1,32})?|connect\+[a-z0-9._-]{1,32})$/;

function protocolOf(contentType: string): Protocol {
  const match = rpcType.exec(contentType);
  if (match === null) return "http";
  return (match[1] as "grpc" | "grpc-web" | "grpc-web-text" | undefined) ?? "connect-stream";
}

/** In lower case and without parameters; empty when there is none. */
function contentTypeOf(rawHeaders: readonly string[]): string {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== "content-type") continue;
    return (rawHeaders[index + 1]?.split(";", 1)[0] ?? "").trim().toLowerCase();
  }
  return "";
}

/** Percent-encoding of the gRPC HTTP/2 specification: all but printable ASCII, and the percent sign itself. */
function toGrpcMessage(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/gu, encodeURIComponent);
}

function trailerFrame(fields: readonly Field[]): Uint8Array {
  return frame(trailerFlag, utf8(fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")));
}

function endStreamFrame({ code, message }: Denial, fields: readonly Field[]): Uint8Array {
  const metadata: Record<string, string[]> = {};
  for (const [name, value] of fields) {
    metadata[name] ??= [];
    metadata[name].push(value);
  }
  return frame(endStreamFlag, utf8(JSON.stringify({ error: { code, message }, metadata })));
}

/** One envelope: a byte of flags, the length in four bytes, the data. The same in Connect and gRPC-Web. */
function frame(flags: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, flags);
  view.setUint32(1, data.length);
  bytes.set(data, 5);
  return bytes;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
