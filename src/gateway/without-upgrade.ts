import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { maxHeaderFields } from "./connection-limits.js";

/** Does the request ask for the one protocol that is switched to here? */
export function wantsWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/**
 * Serves a request that asks for another protocol as the ordinary one it also is (RFC 9110 §7.8: a server may ignore
 * `Upgrade`). Java's client asks for `h2c` with every first request; passed on, an upstream would begin to speak HTTP/2
 * on a connection that the gateway takes for HTTP/1 (h2c smuggling).
 *
 * Node 20 cannot decline an upgrade any more when it tells of it. So the head goes back in front of the socket without
 * the field, and the connection begins anew.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const { rawHeaders, method, url, httpVersion } = request;
  if (rawHeaders.length >= 2 * maxHeaderFields) {
    // Fields may be missing already, and here nobody could tell any more.
    socket.end("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.toLowerCase() !== "upgrade") head += `${name}: ${rawHeaders[index + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
}
