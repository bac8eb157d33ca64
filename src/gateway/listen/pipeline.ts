import type { IncomingMessage, ServerResponse } from "node:http";
import { holdSocket } from "../../adapters/node/hold-socket.js";
import { type Connection, connectionOf } from "./connection.js";

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Serves one request of an HTTP/1 connection at a time, and reads no further while others wait. Node parses on: one
 * connection that sends requests without end and reads no answer would have 30,000 of them under way.
 *
 * What one read brought, 64 KiB, has been parsed by then and waits.
 */
export function serveInTurn(serve: Serve): Serve {
  return function onRequest(request, response) {
    const connection = connectionOf(request.socket);
    if (connection === undefined) serve(request, response);
    else if (!connection.isBusy) begin(connection, request, response);
    else {
      if (connection.waiting === undefined) {
        connection.waiting = [];
        connection.readOn = holdSocket(request.socket);
      }
      connection.waiting.push({ request, response });
    }
  };

  function begin(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.isBusy = true;
    response.on("close", onClose);
    serve(request, response);
  }

  function onClose(this: ServerResponse): void {
    const connection = connectionOf(this.req.socket);
    if (connection === undefined) return;
    connection.isBusy = false;
    const next = connection.waiting?.shift();
    // Behind an answer that closes the connection nothing is served (RFC 9112 §9.6): Node would never send its answer, nor
    // tell of its end, and the exchange would keep its place for ever.
    if (next === undefined || connection.socket.destroyed || connection.socket.writableEnded) return;
    if (connection.waiting?.length === 0) {
      connection.waiting = undefined;
      connection.readOn?.();
    }
    begin(connection, next.request, next.response);
  }
}
