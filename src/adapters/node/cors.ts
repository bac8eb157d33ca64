import { AuthError } from "../../base/errors.js";
import { addVary } from "./attach.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * Request headers that a page must be allowed to send: ours, and those of Connect and gRPC-Web. Each by name, since
 * `*` never allows `Authorization` (Fetch standard, "CORS non-wildcard request-header name").
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
 * Response headers that a page must be able to read: without `Authorization` it never sees the next token, and is
 * logged out. Each by name, since `*` means nothing with credentials.
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

/** What the CORS helpers take. */
export interface CorsOptions {
  /** Exactly as browsers send them: `https://app.example`, no path, no trailing slash, no `*`. */
  readonly origins: readonly string[];
  /** Default: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  readonly methods?: readonly string[];
  /** Beside `corsAllowedHeaders`: what your own pages send. */
  readonly allowedHeaders?: readonly string[];
  /** Beside `corsExposedHeaders`: what your own pages read. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser may remember a preflight, in seconds. Default: 7200, the most that Chromium takes. */
  readonly maxAgeSeconds?: number;
}

/**
 * Lets pages of other origins in. For a plain server see `nodeCors`. Mount it in front of the door: a preflight
 * carries no credentials, and a denial without these headers cannot be read by the page.
 *
 * ```ts
 * app.use(expressCors({ origins: ["https://app.example"] }), expressAuth(auth));
 * ```
 *
 * Only the listed origins are answered; none is reflected, and cookies are not allowed: tokens ride in
 * `Authorization`. With the `cors` package instead, pass it `corsAllowedHeaders` and `corsExposedHeaders`.
 *
 * @throws {AuthError} `invalid_options` when an origin is not one.
 */
export function expressCors(
  options: CorsOptions,
): (request: NodeRequest, response: NodeResponse, next: () => void) => void {
  const origins = new Set(options.origins.map(requireOrigin));
  const methods = (options.methods ?? ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).join(", ");
  const allowed = [...corsAllowedHeaders, ...(options.allowedHeaders ?? [])].join(", ");
  const exposed = [...corsExposedHeaders, ...(options.exposedHeaders ?? [])].join(", ");
  const maxAge = String(options.maxAgeSeconds ?? 7200);

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
    // The answer to an unknown origin holds no permission, and the browser stops there.
    response.statusCode = 204;
    response.end();
  };
}

/** `expressCors` for a request listener: `createServer(nodeCors(nodeAuth(auth, listener), { origins }))`. */
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
  // `null` is the origin of every sandboxed frame and local file, so it names nobody.
  if (URL.canParse(text) && new URL(text).origin === text && text !== "null") return text;
  throw new AuthError(
    "invalid_options",
    `origins: ${JSON.stringify(text)} is not an origin; write it as https://app.example, without a path or a slash at the end`,
  );
}
