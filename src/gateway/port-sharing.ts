import type { Socket } from "node:net";

/**
 * How every HTTP/2 connection begins (RFC 9113 §3.4). No HTTP/1 method is called so (RFC 9113 §11.5 reserves the
 * name), so three bytes tell the protocols apart; `node:http2` checks the rest.
 */
const prefaceStart = Buffer.from("PRI");

/**
 * Waits for the first bytes of a plain connection, puts them back, and says which protocol they are. Calls nobody when
 * the client leaves before; how long it may keep silent is the sweep's business.
 */
export function chooseProtocol(socket: Socket, choose: (protocol: "http1" | "http2") => void): void {
  let head: Buffer = Buffer.alloc(0);

  function onReadable(): void {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const compared = Math.min(head.length, prefaceStart.length);
    const mayBePreface = prefaceStart.compare(head, 0, compared, 0, compared) === 0;
    if (mayBePreface && head.length < prefaceStart.length) return;
    socket.off("readable", onReadable);
    socket.off("end", onEnd);
    socket.unshift(head);
    choose(mayBePreface ? "http2" : "http1");
  }
  function onEnd(): void {
    socket.destroy();
  }

  socket.on("readable", onReadable);
  socket.on("end", onEnd);
}
