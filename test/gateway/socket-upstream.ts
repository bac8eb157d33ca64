import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { listen } from "../adapters/servers.js";

export interface SocketUpstream {
  readonly url: string;
  /** The requests for a WebSocket, newest last. */
  readonly requests: IncomingMessage[];
}

/**
 * An upstream that opens each WebSocket, selects `chat.v1` where that is offered, and sends one text: the subject, and the
 * subprotocols that it was offered.
 */
export async function socketUpstream(t: TestContext): Promise<SocketUpstream> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => void response.end());
  server.on("upgrade", (request, socket) => {
    requests.push(request);
    sockets.add(socket.on("error", () => socket.destroy()).resume());
    const { "sec-websocket-key": key, "sec-websocket-protocol": offered = "" } = request.headers;
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
    if (offered.split(/\s*,\s*/).includes("chat.v1")) lines.push("Sec-WebSocket-Protocol: chat.v1");
    const text = Buffer.from(`${request.headers["x-sallyport-subject"]}:${offered}`);
    socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  });
  const { origin, close } = await listen(server);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return close();
  });
  return { url: origin, requests };
}
