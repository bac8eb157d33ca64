import type { Socket } from "node:net";

export type Protocol = "http1" | "http2";

/**
 * The first bytes of every HTTP/2 connection (RFC 9113 §3.4). No HTTP/1 method has this name (RFC 9113 §11.5 reserves
 * it), so three bytes tell the protocols apart; `node:http2` checks the rest.
 */
const prefaceStart = Buffer.from("PRI");

/**
 * Waits for the first bytes of a plain connection, puts them back, and calls `choose` with their protocol. `choose` is
 * not called when the client leaves before. The caller limits how long the client may be silent.
 */
export function chooseProtocol(socket: Socket, choose: (protocol: Protocol) => void): void {
  readStart(socket, (head) => {
    const compared = Math.min(head.length, prefaceStart.length);
    const mayBePreface = prefaceStart.compare(head, 0, compared, 0, compared) === 0;
    if (mayBePreface && head.length < prefaceStart.length) return undefined;
    return { taken: 0, next: () => choose(mayBePreface ? "http2" : "http1") };
  });
}

/** What the first bytes of a connection are. */
export interface Judged {
  /** How many bytes are taken off; the others are put back. */
  readonly taken: number;
  readonly next: () => void;
}

/**
 * Reads the first bytes of a connection until `judge` knows what they are.
 *
 * @param judge called with all bytes so far; returns `undefined` while it needs more
 */
export function readStart(socket: Socket, judge: (head: Buffer) => Judged | undefined): void {
  let head: Buffer = Buffer.alloc(0);

  function onReadable(): void {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const judged = judge(head);
    if (judged === undefined) return;
    socket.off("readable", onReadable);
    socket.off("end", onEnd);
    if (judged.taken < head.length) socket.unshift(head.subarray(judged.taken));
    judged.next();
  }
  function onEnd(): void {
    socket.destroy();
  }

  socket.on("readable", onReadable);
  socket.on("end", onEnd);
  // What was put back by an earlier reader is there already.
  if (socket.readableLength > 0) onReadable();
}
