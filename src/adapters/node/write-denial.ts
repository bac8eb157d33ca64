import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Denial } from "../../model/decision.js";
import { addVary } from "./attach.js";
import { dropBytes, dropMs, dropRest } from "./drop-rest.js";
import { holdSocket } from "./hold-socket.js";
import { toDenialResponse } from "./reject.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * Writes a denial in the caller's own protocol, complete and at once, and cuts an unread body off.
 *
 * Left alone, Node reads and discards the rest of an upload, gigabytes of it; closed at once, the uploader sees a
 * reset instead of the 401. So reading goes on for 64 KiB and pauses; when the body ends, or after one second, the
 * response ends, and then a connection whose body was not taken in full closes. On HTTP/2 the response ends at once,
 * and `dropRest` sees to the stream.
 */
export function writeDenial(
  request: NodeRequest,
  response: NodeResponse,
  denial: Denial,
  platform: Platform = systemPlatform,
): void {
  if (response.headersSent) return;
  const { status, headers, body } = toDenialResponse(denial, {
    method: request.method ?? "",
    rawHeaders: request.rawHeaders,
  });
  response.statusCode = status;
  // Through `setHeader`: what CORS has set already must stay, or a browser hides the denial from the script.
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of headers) {
    const earlier = fields.get(name);
    fields.set(name, earlier === undefined ? value : [earlier, value].flat());
  }
  fields.delete("vary");
  addVary(response);
  for (const [name, value] of fields) response.setHeader(name, value);
  if ("stream" in request) endHttp2(request, response as Http2ServerResponse, body, platform);
  else endHttp1(request, response as ServerResponse, body, platform);
}

function endHttp1(request: IncomingMessage, response: ServerResponse, body: Uint8Array, platform: Platform): void {
  // To HEAD it would be a statement about GET (RFC 9110 §8.6).
  if (request.method !== "HEAD") response.setHeader("Content-Length", body.length);
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  const chunked = coding !== undefined;
  // Or there is nothing left of it: a route of the application's own has read it before it denied.
  if (request.readableEnded || (!chunked && (length === undefined || length === "0"))) {
    response.end(body);
    return;
  }
  // A short body is taken in full, and the connection can go on: a call that was merely superseded is repeated on it.
  // One that was announced by `Expect` may never be sent.
  const keep = !chunked && Number(length) <= dropBytes && request.headers.expect === undefined;
  if (!keep) response.setHeader("Connection", "close");
  if (body.length > 0) response.write(body);
  else response.flushHeaders();

  drain(request, response, chunked, platform);
}

/** Takes what is left of an HTTP/1 body, within bounds, and then ends the response. */
function drain(request: IncomingMessage, response: ServerResponse, chunked: boolean, platform: Platform): void {
  const { socket } = request;
  // Chunks of one byte are six on the wire: there, what the socket read counts, whatever was read before included.
  const start = chunked ? socket.bytesRead - Math.min(socket.bytesRead, dropBytes) : Number.POSITIVE_INFINITY;
  let taken = 0;
  const cancel = platform.delay(dropMs, () => {
    cleanUp();
    const waitsItsTurn = response.socket === null;
    response.end(() => socket.destroy());
    // A client that does not read its answer may not keep the connection either. In a pipeline the answers before
    // this one have no such deadline.
    if (!waitsItsTurn) socket.destroy();
  });
  const onData = (chunk: Uint8Array) => {
    taken += chunk.length;
    if (taken < dropBytes && socket.bytesRead - start < dropBytes) return;
    request.off("data", onData).pause();
    holdSocket(socket);
  };
  const onEnd = () => {
    cleanUp();
    response.end();
  };
  function cleanUp(): void {
    cancel();
    request.off("data", onData).off("end", onEnd);
    response.off("close", cleanUp);
  }
  request.on("end", onEnd).on("data", onData);
  response.on("close", cleanUp);
}

/**
 * The response ends at once: a stream can be answered in full while it is still being received (RFC 9113 §8.1), and
 * gRPC's trailers-only form must have END_STREAM on its header block.
 */
function endHttp2(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  body: Uint8Array,
  platform: Platform,
): void {
  if (body.length > 0) response.setHeader("Content-Length", body.length);
  dropRest(request.stream, platform);
  endWith(response, body);
}

/** Without a body, END_STREAM goes on the header block itself. */
function endWith(response: Http2ServerResponse, body: Uint8Array): void {
  if (body.length > 0) response.end(body);
  else response.end();
}
