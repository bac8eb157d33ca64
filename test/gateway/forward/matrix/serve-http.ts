import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Duplex } from "node:stream";
import { sized } from "../../../size.js";
import type { Stage } from "./stage.js";

/** 1 MB of fields in the full size, which the gateway takes of no caller, and passes on of no answer. */
export const bigHead: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: sized(16, 64) }, (_, index) => [`x-big-${index}`, "h".repeat(16_384)]),
);

/** Answers requests that are no RPCs: what is done is the path. Those of HTTP/2 have the same members. */
export function serveHttp(stage: Stage, request: IncomingMessage, answer: ServerResponse): void {
  request.on("error", () => {});
  answer.on("error", () => {});
  const cell = String(request.headers["x-cell"]);
  request.on("aborted", () => stage.saw(cell, "cut"));
  answer.on("close", () => answer.writableEnded || stage.saw(cell, "cut"));
  const serve = handlers[request.url ?? ""] ?? handlers["/"];
  serve?.(answer, request, stage);
}

type Serve = (answer: ServerResponse, request: IncomingMessage, stage: Stage) => void;

const handlers: Readonly<Record<string, Serve>> = {
  "/": (answer, request) => {
    request.resume();
    answer.writeHead(200, { "content-length": "5" }).end("plain");
  },
  "/echo": (answer, request) => {
    answer.writeHead(200, { "x-came": String(request.headers["x-asked"]) });
    request.pipe(answer);
  },
  // Takes nothing of the body.
  "/early": (answer) => void answer.writeHead(413, { "content-length": "4" }).end("much"),
  "/500": (answer, request) => {
    request.resume();
    answer.writeHead(500).end("sorry");
  },
  "/204": (answer, request) => {
    request.resume();
    answer.writeHead(204, { etag: '"1"' }).end();
  },
  "/304": (answer, request) => {
    request.resume();
    answer.writeHead(304, { etag: '"1"' }).end();
  },
  "/range": (answer, request) => {
    request.resume();
    answer.writeHead(206, { "content-range": "bytes 1-2/4", "content-length": "2" }).end("bc");
  },
  "/trailers": (answer, request) => {
    request.resume();
    answer.writeHead(200, { trailer: "x-end" });
    answer.write("body");
    answer.addTrailers({ "x-end": "last" });
    answer.end();
  },
  "/hints": (answer, request) => {
    request.resume();
    answer.writeEarlyHints({ link: "</a.css>; rel=preload" });
    answer.writeHead(200).end("hinted");
  },
  "/big-head": (answer, request) => {
    request.resume();
    answer.writeHead(200, bigHead).end("never");
  },
  // Each event leaves after the caller has had the one before.
  "/sse": async (answer, request, stage) => {
    request.resume();
    answer.writeHead(200, { "content-type": "text/event-stream" });
    for (let event = 1; event <= 3; event += 1) {
      const cue = stage.cue();
      answer.write(`data: ${event}\n\n`);
      await cue;
    }
    answer.end();
  },
  "/silent": (_answer, request) => void request.resume(),
  "/half": (answer, request) => {
    request.resume();
    answer.writeHead(200);
    answer.write("half");
  },
};

const acceptOf = (key = ""): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/**
 * A WebSocket over HTTP/1.1, which sends back what comes, and something more when the caller has ended its direction.
 * Frames mean nothing to the gateway.
 */
export function serveWebSocket(request: IncomingMessage, socket: Duplex): void {
  const lines = ["HTTP/1.1 101 x", "Connection: Upgrade", "Upgrade: websocket"];
  const accept = acceptOf(request.headers["sec-websocket-key"]);
  socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
  talkBack(socket);
}

/** The same over HTTP/2 (RFC 8441). */
export function serveWebSocketStream({ stream }: Http2ServerRequest): void {
  stream.respond({ ":status": 200 });
  talkBack(stream);
}

function talkBack(tunnel: Duplex): void {
  tunnel.on("error", () => {});
  tunnel.on("data", (chunk) => tunnel.write(chunk)).on("end", () => tunnel.end("bye"));
}
