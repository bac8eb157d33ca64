import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Load } from "./http-load.js";

/** As many calls under way at once as over HTTP/1: 16. */
const connections = 4;
const streams = 4;

/** A message of 64 bytes, with its head. */
export const grpcMessage: Buffer = Buffer.alloc(69, "m");
grpcMessage.writeUInt8(0, 0);
grpcMessage.writeUInt32BE(64, 1);

/** The messages of a stream. */
export const streamMessages = 1_000;

/** The last frame of an answer of gRPC-Web: status 0. */
const webEnd = "\x80\0\0\0\x10grpc-status: 0\r\n";

/** Calls of gRPC, or of gRPC-Web, with one message in the request, and one or a thousand in the answer. */
export async function openGrpcLoad(port: number, isStream: boolean, isWeb: boolean): Promise<Load> {
  const path = isStream ? "/bench/stream" : "/bench/unary";
  const expected = grpcMessage.length * (isStream ? streamMessages : 1) + (isWeb ? webEnd.length : 0);
  const sessions: ClientHttp2Session[] = [];

  /** A connection that had no call for a minute, while other rows had their turn, is closed. */
  async function openSessions(): Promise<readonly ClientHttp2Session[]> {
    for (let index = 0; index < connections; index += 1) {
      const session = sessions[index];
      if (session !== undefined && !session.closed && !session.destroyed) continue;
      const opened = connect(`http://127.0.0.1:${port}`);
      await once(opened, "connect");
      sessions[index] = opened.on("error", () => {});
    }
    return sessions;
  }

  return {
    async run(authorizations, calls) {
      let sent = 0;
      const next = (): string | undefined =>
        sent < calls ? (authorizations[sent++ % authorizations.length] ?? "") : undefined;
      const opened = await openSessions();
      await Promise.all(
        opened.flatMap((session) =>
          Array.from({ length: streams }, () => keepCalling({ session, path, expected, isWeb }, next)),
        ),
      );
    },
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}

interface Calls {
  readonly session: ClientHttp2Session;
  readonly path: string;
  /** Bytes of an answer. */
  readonly expected: number;
  /** The status is in the body. */
  readonly isWeb: boolean;
}

/** @param next `Authorization` for the next call; `undefined` after the last one */
function keepCalling({ session, path, expected, isWeb }: Calls, next: () => string | undefined): Promise<void> {
  const type = isWeb ? "application/grpc-web" : "application/grpc";
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      const authorization = next();
      if (authorization === undefined) {
        resolve();
        return;
      }
      const call = session.request(
        { ":method": "POST", ":path": path, "content-type": type, te: "trailers", authorization },
        { endStream: false },
      );
      let bytes = 0;
      let status: unknown;
      call.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (isWeb && chunk.toString("latin1").endsWith(webEnd)) status = "0";
      });
      call.on("trailers", (trailers) => {
        status = trailers["grpc-status"];
      });
      call.on("error", reject).on("close", () => {
        if (status === "0" && bytes === expected) ask();
        else reject(new Error(`an answer had ${bytes} bytes and grpc-status ${status}`));
      });
      call.end(grpcMessage);
    };
    ask();
  });
}
