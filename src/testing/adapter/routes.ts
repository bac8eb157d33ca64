import type { Auth } from "../../engine/auth.js";

/** The part of a response that the routes of the suite use; every server for Node has it. */
export interface RouteResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers?: Record<string, string>): unknown;
  write(chunk: string): boolean;
  end(): unknown;
  end(chunk: string): unknown;
}

/**
 * Serves the routes that the suite calls, for servers without a router. For a framework, define the same paths with its
 * own API, so that the answers are made as its users make them.
 *
 * | path | answer |
 * |---|---|
 * | `/me` | 200 and `{"subject":…}` of the caller, after a turn of the event loop; `null` when anonymous |
 * | `/throw` | the server's 500 |
 * | `/redirect` | 302 to `/me` |
 * | `/raw` | `writeHead(200, { vary: "Origin", "cache-control": "public, max-age=60" })` |
 * | `/stream` | `one`, a turn of the event loop, `two` |
 * | `/not-modified` | 304 |
 * | anything else | the server's 404 |
 */
export function serveSuiteRoutes(auth: Auth, path: string, request: object, response: RouteResponse): void {
  switch (path) {
    case "/me":
      setImmediate(() => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ subject: auth.optionalCaller(request)?.identity.subject ?? null }));
      });
      return;
    case "/throw":
      response.writeHead(500, { "content-type": "text/plain" });
      response.end("broken");
      return;
    case "/redirect":
      response.statusCode = 302;
      response.setHeader("location", "/me");
      response.end();
      return;
    case "/raw":
      response.writeHead(200, { vary: "Origin", "cache-control": "public, max-age=60" });
      response.end("raw");
      return;
    case "/stream":
      response.write("one");
      setImmediate(() => response.end("two"));
      return;
    case "/not-modified":
      response.writeHead(304);
      response.end();
      return;
    default:
      response.statusCode = 404;
      response.end();
  }
}
