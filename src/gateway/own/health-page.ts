import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import type { Ready } from "../../services/health.js";

/**
 * Makes the answer at the path of health checks over plain HTTP: 200 when the gateway is ready, else 503. It names no reason, since it
 * asks for no credentials.
 */
export function createHealthPage(ready: Ready): (request: NodeRequest, response: NodeResponse) => void {
  return (request, response) => {
    request.resume();
    response.on("error", () => undefined);
    const answer = (isReady: boolean): void => {
      const text = isReady ? "ready\n" : "not ready\n";
      response.statusCode = isReady ? 200 : 503;
      response.setHeader("content-type", "text/plain; charset=utf-8");
      response.setHeader("content-length", text.length);
      response.setHeader("cache-control", "no-store");
      response.end(request.method === "HEAD" ? "" : text);
    };
    ready().then(
      (obstacle) => answer(obstacle === undefined),
      () => answer(false),
    );
  };
}
