import { AuthError } from "../../base/errors.js";
import { addVary } from "./attach.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * The request headers that a page must be allowed to send: ours, and those of Connect and gRPC-Web. Each is named,
 * since `*` does not allow `Authorization` (Fetch standard, "CORS non-wildcard request-header name").
 */
export const corsAllowedHeaders: readonly string[] = Object.freeze([
  "Authorization",
  "DPoP",
  "Content-Type",
  "Connect-Protocol-Version",
  "Connect-Timeout-Ms",
  "Connect-Content-Encoding",
  "Connect-Accept-Encoding",
  "Content-Encoding",
  "Accept-Encoding",
  "Grpc-Timeout",
  "Grpc-Message-Type",
  "X-Grpc-Web",
  "X-User-Agent",
]);

/**
 * The response headers that a page must be able to read: without `Authorization` it never gets the next token, and its
 * session ends. Each is named, since `*` has no effect with credentials.
 */
export const corsExposedHeaders: readonly string[] = Object.freeze([
  "Authorization",
  "WWW-Authenticate",
  "Sallyport-Reason",
  "DPoP-Nonce",
  "Retry-After",
  "Grpc-Status",
  "Grpc-Message",
  "Grpc-Status-Details-Bin",
  "Content-Encoding",
  "Connect-Content-Encoding",
]);

/** Options of `expressCors` and `nodeCors`. */
export interface CorsOptions {
  /** The allowed origins, exactly as browsers send them: `https://app.example`, no path, no trailing slash, no `*`. */
  readonly origins: readonly string[];
  /** The allowed methods. Default: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  readonly methods?: readonly string[];
  /** Further headers that your pages send, beside `corsAllowedHeaders`. Default: none. */
  readonly allowedHeaders?: readonly string[];
  /** Further headers that your pages read, beside `corsExposedHeaders`. Default: none. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may remember a preflight, in milliseconds. Default: 7,200,000, the most that Chromium accepts. */
  readonly maxAgeMs?: number;
}

/**
 * Makes a middleware that allows pages of other origins (CORS). For a plain server see `nodeCors`. Mount it before
 * `expressAuth`: a preflight carries no credentials, and a page cannot read a denial without these headers.
 *
 * ```ts
 * app.use(expressCors({ origins: ["https://app.example"] }), expressAuth(auth));
 * ```
 *
 * Only the listed origins are allowed, and cookies are not: `Authorization` carries the tokens. If you use the `cors`
 * package instead, pass it `corsAllowedHeaders` and `corsExposedHeaders`.
 *
 * @throws {AuthError} `invalid_options` for a malformed origin
 */
export function expressCors(
  options: CorsOptions,
): (request: NodeRequest, response: NodeResponse, next: () => void) => void {
  const origins = new Set(options.origins.map(requireOrigin));
  const methods = (options.methods ?? ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).join(", ");
  const allowed = [...corsAllowedHeaders, ...(options.allowedHeaders ?? [])].join(", ");
  const exposed = [...corsExposedHeaders, ...(options.exposedHeaders ?? [])].join(", ");
  const maxAge = String(Math.floor((options.maxAgeMs ?? 7_200_000) / 1_000));

  return function corsMiddleware(request, response, next) {
    const { origin } = request.headers;
    addVary(response, "Origin");
    const known = origin !== undefined && origins.has(origin);
    if (known) {
      response.setHeader("Access-Control-Allow-Origin", origin);
      response.setHeader("Access-Control-Expose-Headers", exposed);
    }
    const isPreflight =
      request.method === "OPTIONS" &&
      origin !== undefined &&
      request.headers["access-control-request-method"] !== undefined;
    if (!isPreflight) {
      next();
      return;
    }
    if (known) {
      response.setHeader("Access-Control-Allow-Methods", methods);
      response.setHeader("Access-Control-Allow-Headers", allowed);
      response.setHeader("Access-Control-Max-Age", maxAge);
    }
    // The answer to an unknown origin holds no permission, so the browser does not send the request.
    response.statusCode = 204;
    response.end();
  };
}

/** Wraps a request listener with `expressCors`: `createServer(nodeCors(nodeAuth(auth, listener), { origins }))`. */
export function nodeCors<Request extends NodeRequest, Response extends NodeResponse>(
  listener: (request: Request, response: Response) => unknown,
  options: CorsOptions,
): (request: Request, response: Response) => void {
  const middleware = expressCors(options);
  return function corsListener(request, response) {
    middleware(request, response, () => {
      listener(request, response);
    });
  };
}

function requireOrigin(text: string): string {
  // `null` is the origin of every sandboxed frame and local file, so it identifies no site.
  if (URL.canParse(text) && new URL(text).origin === text && text !== "null") return text;
  throw new AuthError(
    "invalid_options",
    `origins: ${JSON.stringify(text)} is not an origin; write it as https://app.example, without a path or a slash at the end`,
  );
}
