import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Load } from "./http-load.js";

/** As many calls under way at once as over HTTP/1: 16. */
const connections = 4;
const streams = 4;

/** Arrow Flight's log-in by header: no message, and the token in the header block of the answer. */
export async function openHttp2Load(port: number): Promise<Load> {
  const sessions = Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`));
  await Promise.all(sessions.map((session) => once(session, "connect")));
  return {
    async run(authorizations, calls) {
      let sent = 0;
      const next = (): string | undefined =>
        sent < calls ? authorizations[sent++ % authorizations.length] : undefined;
      await Promise.all(
        sessions.flatMap((session) => Array.from({ length: streams }, () => keepAsking(session, next))),
      );
    },
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}

function keepAsking(session: ClientHttp2Session, next: () => string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      const authorization = next();
      if (authorization === undefined) {
        resolve();
        return;
      }
      const headers = { ":method": "POST", ":path": "/arrow.flight.protocol.FlightService/Handshake" };
      const call = session.request(
        { ...headers, "content-type": "application/grpc", te: "trailers", authorization },
        { endStream: true },
      );
      let fault: string | undefined = "there was no answer";
      call.on("response", (block) => {
        fault = String(block.authorization).startsWith("Bearer ") ? undefined : "an answer brought no token";
      });
      call.on("error", reject).on("close", () => (fault === undefined ? ask() : reject(new Error(fault))));
      call.resume();
    };
    ask();
  });
}
