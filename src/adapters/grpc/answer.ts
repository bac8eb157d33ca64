import type { Http2ServerResponse } from "node:http2";
import type { Denial } from "../../model/decision.js";
import type { HeaderFields } from "../../model/request.js";
import { toGrpcTrailers } from "../node/reject.js";
import type { NodeResponse } from "../node/request.js";
import { toFrame } from "./messages.js";

/** How a call came: gRPC with HTTP trailers, for which it takes HTTP/2, or gRPC-Web with trailers in the body. */
export type GrpcWire = "grpc" | "grpc-web";

/** What is written once a call is let in. The header block leaves with the first message, or with the end. */
export interface GrpcAnswer {
  // No getter: V8 makes a hidden class for each object literal that has one, and that keeps the call alive until the
  // next full collection. Measured: 5 kB a call, and half of the collector's time.
  started(): boolean;
  send(message: Uint8Array): void;
  /** Ends well, or with the status of a denial. */
  end(denial?: Denial): void;
}

const webTrailerFlag = 0x80;

const ok: HeaderFields = [["grpc-status", "0"]];

/**
 * @param contentType of the request: the answer's is the same.
 * @param headers asked for when the header block leaves: what it says beside the content type.
 */
export function createGrpcAnswer(
  wire: GrpcWire,
  response: NodeResponse,
  contentType: string,
  headers: () => HeaderFields,
): GrpcAnswer {
  return wire === "grpc"
    ? createHttp2Answer(response as Http2ServerResponse, contentType, headers)
    : createWebAnswer(response, contentType, headers);
}

function createHttp2Answer(
  response: Http2ServerResponse,
  contentType: string,
  headers: () => HeaderFields,
): GrpcAnswer {
  const { stream } = response;
  function start(): void {
    if (stream.headersSent) return;
    // Past the compatibility API, which checks and keeps each field by itself: this is the path of every log-in.
    const block: Record<string, string | number> = {
      ":status": 200,
      "content-type": contentType,
      "cache-control": "no-store",
    };
    for (const [name, value] of headers()) block[name] = value;
    stream.respond(block, { waitForTrailers: true });
  }
  return {
    started: () => stream.headersSent,
    send(message) {
      start();
      stream.write(toFrame(message));
    },
    end(denial) {
      start();
      response.addTrailers(Object.fromEntries(toTrailers(denial)));
      stream.end();
    },
  };
}

function createWebAnswer(response: NodeResponse, contentType: string, headers: () => HeaderFields): GrpcAnswer {
  // The two that a response may be share no signature of `write`.
  const write: (bytes: Uint8Array) => unknown = (bytes) =>
    "stream" in response ? response.write(bytes) : response.write(bytes);
  function start(): void {
    if (response.headersSent) return;
    response.setHeader("content-type", contentType);
    response.setHeader("cache-control", "no-store");
    for (const [name, value] of headers()) response.setHeader(name, value);
  }
  return {
    started: () => response.headersSent,
    send(message) {
      start();
      write(toFrame(message));
    },
    end(denial) {
      start();
      const lines = toTrailers(denial).map(([name, value]) => `${name}: ${value}\r\n`);
      write(toFrame(Buffer.from(lines.join("")), webTrailerFlag));
      response.end();
    },
  };
}

function toTrailers(denial: Denial | undefined): HeaderFields {
  return denial === undefined ? ok : toGrpcTrailers(denial);
}
