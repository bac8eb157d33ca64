import { toDenialFields, toDenialStatus } from "../../credentials/denial-fields.js";
import type { Denial } from "../../model/decision.js";
import { firstOf } from "../../model/raw-headers.js";
import type { AuthRequest, HeaderFields } from "../../model/request.js";

/** A denial as a complete HTTP response. */
export interface DenialResponse {
  readonly status: number;
  /** The fields, names in lower case; a name may occur several times. The writer adds `content-length`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body; empty for trailers-only gRPC and for HEAD. */
  readonly body: Uint8Array;
}

const endStreamFlag = 0b0000_0010;

const trailerFlag = 0b1000_0000;

/**
 * Converts a denial to a response in the caller's own protocol, which `content-type` alone decides: plain HTTP, Connect
 * (unary, GET and streams), gRPC, gRPC-Web and gRPC-Web-text. It writes nothing.
 *
 * The reason is in `sallyport-reason` and each challenge in one `www-authenticate`: HTTP fields if the HTTP status is
 * that of the denial, metadata if the protocol has the status in the body.
 *
 * Plain HTTP and Connect unary get the same status and JSON. Only plain HTTP has the reason in the JSON too: an error of
 * Connect has no such key, and strict clients refuse it. A caller of Connect is known by `Connect-Protocol-Version`; a
 * Connect GET has its version in the query, and is answered like plain HTTP.
 */
export function toDenialResponse(denial: Denial, request: Pick<AuthRequest, "method" | "rawHeaders">): DenialResponse {
  const contentType = contentTypeOf(request.rawHeaders);
  switch (protocolOf(contentType)) {
    case "grpc":
      // Trailers-only: the header block is the trailer block, and there is no body.
      return respond(200, contentType, toGrpcTrailers(denial), empty);
    case "grpc-web":
      // In the body and not in headers: a browser shows a script only the headers that CORS exposes.
      return respond(200, contentType, [], trailerFrame(toGrpcTrailers(denial)));
    case "grpc-web-text":
      return respond(200, contentType, [], utf8(toBase64(trailerFrame(toGrpcTrailers(denial)))));
    case "connect-stream":
      return respond(200, contentType, [], endStreamFrame(denial));
    case "http": {
      const { code, message, reason } = denial;
      const isConnect = firstOf(request.rawHeaders, "connect-protocol-version") !== undefined;
      const body = utf8(`${JSON.stringify(isConnect ? { code, message } : { code, message, reason })}\n`);
      const { http } = toDenialStatus(denial);
      return respond(http, "application/json", toDenialFields(denial), request.method === "HEAD" ? empty : body);
    }
  }
}

/** Returns the trailers by which gRPC refuses a call: status, message and metadata. */
export function toGrpcTrailers(denial: Denial): HeaderFields {
  return [
    ["grpc-status", String(toDenialStatus(denial).grpc)],
    ["grpc-message", toGrpcMessage(denial.message)],
    ...toDenialFields(denial),
  ];
}

const empty = new Uint8Array();

function respond(status: number, contentType: string, fields: HeaderFields, body: Uint8Array): DenialResponse {
  const common: HeaderFields = [
    ["content-type", contentType],
    ["cache-control", "no-store"],
    ["vary", "Authorization"],
  ];
  return { status, headers: [...common, ...fields], body };
}

type Protocol = "http" | "connect-stream" | "grpc" | "grpc-web" | "grpc-web-text";

// The suffix names the codec. It is echoed, so only what a media type may hold passes.
const rpcType = /^application\/(?:(grpc|grpc-web|grpc-web-text)(?:\+[a-z0-9._-]{1,32})?|connect\+[a-z0-9._-]{1,32})$/;

function protocolOf(contentType: string): Protocol {
  const match = rpcType.exec(contentType);
  if (match === null) return "http";
  return (match[1] as "grpc" | "grpc-web" | "grpc-web-text" | undefined) ?? "connect-stream";
}

/** Returns the content type in lower case and without parameters; `""` when there is none. */
function contentTypeOf(rawHeaders: readonly string[]): string {
  return (firstOf(rawHeaders, "content-type")?.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/**
 * Percent-encodes a message (gRPC over HTTP/2): all but printable ASCII, and the percent sign. A lone surrogate has no UTF-8: an
 * application that cuts a text short can make one, and the answer must not throw.
 */
export function toGrpcMessage(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/gu, (run) =>
    encodeURIComponent(run.replace(/\p{Surrogate}/gu, "\u{fffd}")),
  );
}

function trailerFrame(fields: HeaderFields): Uint8Array {
  return frame(trailerFlag, utf8(fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")));
}

function endStreamFrame(denial: Denial): Uint8Array {
  const { code, message } = denial;
  const metadata: Record<string, string[]> = {};
  for (const [name, value] of toDenialFields(denial)) {
    metadata[name] ??= [];
    metadata[name].push(value);
  }
  return frame(endStreamFlag, utf8(JSON.stringify({ error: { code, message }, metadata })));
}

/** Writes an envelope: a byte of flags, the length in four bytes, the data. Connect and gRPC-Web share this form. */
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
