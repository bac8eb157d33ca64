import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { requireArgument } from "../../base/options.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * Lets `listener` decide before a client that sent `Expect: 100-continue` may send its body. By default Node asks for
 * the body before any listener runs.
 *
 * The client is asked for the body when a listener begins to read it; a denied client is never asked (RFC 9110
 * §10.1.1).
 *
 * ```ts
 * const listener = nodeAuth(auth, app);
 * const server = createServer(listener);
 * continueAuth(server, listener);
 * ```
 */
export function continueAuth<Request extends NodeRequest, Response extends NodeResponse>(
  server: HttpServer | Http2Server | Http2SecureServer,
  listener: (request: Request, response: Response) => unknown,
): void {
  requireArgument("continueAuth", "server", server, "object");
  requireArgument("continueAuth", "listener", listener, "function");
  server.on("checkContinue", (request: Request, response: Response) => {
    continueWhenRead(request, response);
    listener(request, response);
  });
}

/** Asks for the body of a request with `Expect: 100-continue` when a listener begins to read it. */
export function continueWhenRead(request: NodeRequest, response: NodeResponse): void {
  const onListener = (event: string | symbol) => {
    if (event !== "data" && event !== "readable") return;
    request.off("newListener", onListener);
    if (!response.headersSent) response.writeContinue();
  };
  request.on("newListener", onListener);
}
