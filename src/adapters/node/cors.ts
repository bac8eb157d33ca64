import { requireArgument } from "../../base/options.js";
import { allowPage, answerPreflight, type CorsOptions, createCorsPolicy, toPreflight } from "./cors-policy.js";
import type { NodeRequest, NodeResponse } from "./request.js";

export { type CorsOptions, corsAllowedHeaders, corsExposedHeaders } from "./cors-policy.js";

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
  const policy = createCorsPolicy(options);

  return function corsMiddleware(request, response, next) {
    const { origin } = request.headers;
    if (toPreflight(request) !== undefined) {
      answerPreflight(response, policy, origin);
      return;
    }
    allowPage(response, policy, origin);
    next();
  };
}

/** Wraps a request listener with `expressCors`: `createServer(nodeCors(nodeAuth(auth, listener), { origins }))`. */
export function nodeCors<Request extends NodeRequest, Response extends NodeResponse>(
  listener: (request: Request, response: Response) => unknown,
  options: CorsOptions,
): (request: Request, response: Response) => void {
  requireArgument("nodeCors", "listener", listener, "function");
  const middleware = expressCors(options);
  return function corsListener(request, response) {
    middleware(request, response, () => {
      listener(request, response);
    });
  };
}
