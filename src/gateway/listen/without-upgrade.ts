import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { valuesOf } from "../../model/raw-headers.js";
import { maxHeaderFields } from "./connection-limits.js";

/**
 * Whether a request asks for WebSocket, the only upgrade that the gateway supports, by a method that may (RFC 6455
 * §4.1).
 */
export function wantsWebSocket(request: {
  readonly method?: string | undefined;
  readonly headers: { readonly upgrade?: string | undefined };
}): boolean {
  return request.method === "GET" && request.headers.upgrade?.trim().toLowerCase() === "websocket";
}

/**
 * The same for a request that no server has read: Node tells of an upgrade when `Connection` names it, too (RFC 9110
 * §7.8), and joins fields of one name.
 */
export function asksForWebSocket({
  method,
  rawHeaders,
}: {
  readonly method: string;
  readonly rawHeaders: readonly string[];
}): boolean {
  const isOffered = /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(valuesOf(rawHeaders, "connection").join(","));
  return isOffered && wantsWebSocket({ method, headers: { upgrade: valuesOf(rawHeaders, "upgrade").join(", ") } });
}

// From 26 (25 was not checked) Node reads a body before it reports an upgrade, so the body could not be put back.
const readsBodyFirst = Number(process.versions.node.split(".", 1)[0]) >= 25;

/**
 * Options for a server whose `upgrade` listener calls `serveWithoutUpgrade`. Node ignores an upgrade with a body that
 * could not be put back, and treats it as a request; see `endsPipeline`. Node ignores no other upgrade, not even where
 * it could (22.21): after a request whose upgrade it ignores it drops the other bytes of the same read.
 */
export const upgradeOptions: { shouldUpgradeCallback?: (request: IncomingMessage) => boolean } = readsBodyFirst
  ? { shouldUpgradeCallback: (request) => wantsWebSocket(request) || !hasBody(request) }
  : {};

/**
 * Whether the response to a request must be the last of its connection. Node may have dropped requests behind it: a
 * client would wait for their responses for ever, or take the next one for theirs. After the end it repeats them (RFC
 * 9112 §9.3.2).
 */
export function endsPipeline({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return readsBodyFirst && headers.upgrade !== undefined;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/**
 * Serves a request with an `Upgrade` that the gateway does not support, mostly `h2c`, as the ordinary request that it
 * also is (RFC 9110 §7.8). Java's client sends it with every first request, body and all; passed on, an upstream would
 * begin to speak HTTP/2 on a connection that the gateway takes for HTTP/1.
 *
 * The header block goes back in front of the socket without the offer, and the connection begins anew.
 */
export function serveWithoutUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
  const { server, _httpMessage: unanswered } = socket as Duplex & { server?: Server; _httpMessage?: unknown };
  if (request.rawHeaders.length >= 2 * maxHeaderFields) {
    // Node cut the header block; written again it would look complete.
    socket.end("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  const block = toBlock(request);
  // Behind an unanswered request of a pipeline this response could come first, and be taken for that request's.
  if (server === undefined || block === undefined || unanswered) {
    socket.destroy();
    return;
  }
  socket.unshift(Buffer.concat([block, head]));
  // For `node:https` a "connection" is not decrypted yet; a server that gets its connections by `emit` has no such
  // event.
  server.emit(server.listenerCount("secureConnection") > 0 ? "secureConnection" : "connection", socket);
}

function toBlock({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer | undefined {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "upgrade" || lower === "http2-settings") continue;
    lines.push(`${name}: ${lower === "connection" ? withoutOffer(value) : value}`);
  }
  const block = `${lines.join("\r\n")}\r\n\r\n`;
  // There must be as many line ends as lines, or a value would become a further field.
  return block.split(/[\r\n]+/).length === lines.length + 1 ? Buffer.from(block, "latin1") : undefined;
}

function withoutOffer(connection: string): string {
  const offer = new Set(["upgrade", "http2-settings"]);
  return connection
    .split(",")
    .map((token) => token.trim())
    .filter((token) => !offer.has(token.toLowerCase()))
    .join(", ");
}
