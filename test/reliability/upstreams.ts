import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { TalkService } from "../services/talk-service.js";

/** What is behind the gateways, and has no faults. */
export interface Upstreams {
  /** HTTP/1: answers with the subject, or, at `/ticks`, with the time again and again. */
  readonly http: string;
  /** gRPC: `Say` answers with the subject. */
  readonly grpc: string;
  close(): void;
}

export const tickEveryMs = 200;

const subjectHeader = "x-sallyport-subject";

export async function startUpstreams(): Promise<Upstreams> {
  const plain = createHttpServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    request.resume();
    if (request.url !== "/ticks") {
      response.end(String(request.headers[subjectHeader]));
      return;
    }
    const tick = (): void => void response.write(`${Date.now()}\n`);
    const timer = setInterval(tick, tickEveryMs);
    tick();
    response.on("close", () => clearInterval(timer));
  });
  const sessions = new Set<ServerHttp2Session>();
  const grpc = createHttp2Server(
    connectNodeAdapter({
      routes: (router) =>
        router.service(TalkService, {
          say: (_message, { requestHeader }) =>
            create(StringValueSchema, { value: requestHeader.get(subjectHeader) ?? "" }),
        }),
    }),
  );
  grpc.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session)).on("error", () => {});
  });
  const portOf = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  return {
    http: `http://127.0.0.1:${await portOf(plain)}`,
    grpc: `h2c://127.0.0.1:${await portOf(grpc)}`,
    close() {
      plain.close();
      plain.closeAllConnections();
      grpc.close();
      for (const session of sessions) session.destroy();
    },
  };
}
