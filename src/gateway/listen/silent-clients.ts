import type { Connection } from "./connection.js";

/** An HTTP/2 connection with streams is pinged after so long without a byte from its client. */
const silenceMs = 30_000;

/** And ends when it has not answered after so long: every client answers a PING (RFC 9113 §6.7). */
const answerMs = 10_000;

/**
 * Ends an HTTP/2 connection with open streams on which nothing comes any more, not even the answer to a PING. The client has
 * gone without a word, or it has made an error that ends a connection: after DATA on a stream that has ended, Node's session
 * sends GOAWAY, and then reads and writes nothing, tells of no end, and closes no stream, so that each would keep its place.
 *
 * A client that does not read has no answer to give: `checkReaders` sees to it.
 */
export function checkSilence(connection: Connection, now: number): void {
  const { session, streams, socket, reading, silence } = connection;
  if (session === undefined || streams === undefined || streams.size === 0 || reading !== undefined) {
    connection.silence = undefined;
    return;
  }
  const { bytesRead } = socket;
  if (silence === undefined || silence.bytesRead !== bytesRead) {
    connection.silence = { bytesRead, since: now, isPinged: false };
    return;
  }
  const ms = now - silence.since;
  if (ms >= silenceMs + answerMs) {
    session.destroy();
    socket.destroy();
  } else if (ms >= silenceMs && !silence.isPinged) {
    silence.isPinged = true;
    if (!session.destroyed) session.ping(ignore);
  }
}

function ignore(): void {}
