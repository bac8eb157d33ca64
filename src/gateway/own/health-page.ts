import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { writeDenial } from "../../adapters/node/write-denial.js";
import type { Platform } from "../../base/platform.js";
import type { Denial } from "../../model/decision.js";
import type { Ready } from "../../services/health.js";

/** HAProxy asks by OPTIONS unless it is told otherwise. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const noCheck: Denial = Object.freeze({
  ...{ kind: "denied", code: "unimplemented", reason: "no_procedure", challenges: [] },
  message: "A health check is GET, HEAD or OPTIONS without a body.",
});

/**
 * Makes the answer at the path of health checks over plain HTTP: 200 when the gateway is ready, else 503. It names no reason, since it
 * asks for no credentials.
 */
export function createHealthPage(
  ready: Ready,
  platform: Platform,
): (request: NodeRequest, response: NodeResponse) => void {
  return (request, response) => {
    if (!methods.has(request.method ?? "") || hasBody(request)) {
      writeDenial(request, response, noCheck, platform);
      return;
    }
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

function hasBody(request: NodeRequest): boolean {
  if ("stream" in request)
    return !(request.stream as typeof request.stream & { endAfterHeaders: boolean }).endAfterHeaders;
  const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
  return coding !== undefined || length !== "0";
}
