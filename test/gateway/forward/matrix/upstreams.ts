import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server } from "node:net";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** What every upstream of the matrix does, whatever it speaks. */
function serve(request: Request, response: Response): void {
  const path = request.url;
  request.on("error", () => {});
  response.on("error", () => {});
  if (path === "/echo") {
    response.writeHead(200, { "x-came": String(request.headers["x-asked"]) });
    (request as IncomingMessage).pipe(response as ServerResponse);
  } else if (path === "/early") response.writeHead(413, { "content-length": "4" }).end("much");
  else if (path === "/cut") {
    response.writeHead(200);
    (response as ServerResponse).write("half", () =>
      setImmediate(() => ("stream" in response ? response.stream.close(2) : response.destroy())),
    );
  } else {
    request.resume();
    if (path === "/204" || path === "/304") response.writeHead(Number(path.slice(1)), { etag: '"1"' }).end();
    else if (path === "/range")
      response.writeHead(206, { "content-range": "bytes 1-2/4", "content-length": "2" }).end("bc");
    else if (path === "/trailers") {
      response.writeHead(200, { trailer: "x-end" });
      (response as ServerResponse).write("body");
      (response as ServerResponse).addTrailers({ "x-end": "last" });
      response.end();
    } else if (path === "/hints") {
      (response as ServerResponse).writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.writeHead(200).end("hinted");
    } else response.writeHead(200, { "content-length": "4" }).end("plain".slice(0, 4));
  }
}

export interface MatrixUpstream {
  readonly origin: string;
  close(): void;
}

export async function startMatrixUpstream(kind: "http1" | "h2c"): Promise<MatrixUpstream> {
  const handler = serve as (request: Request, response: Response) => void;
  const server: Server = kind === "http1" ? createHttp1Server(handler) : createHttp2Server(handler);
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = { http1: `http://127.0.0.1:${port}`, h2c: `h2c://127.0.0.1:${port}` };
  return {
    origin: origin[kind],
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
