import type { IncomingMessage, ServerResponse } from "node:http";
import { requireArgument } from "../../base/options.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import { createGuard, type GuardOptions } from "./guard.js";
import type { NodeRequest, NodeResponse } from "./request.js";

export type { Authorize } from "./ask-authorize.js";
export { continueAuth } from "./continue.js";
export { type ExternalPagesOptions, externalPages } from "./external-pages.js";
export type { GuardOptions } from "./guard.js";
export { createH2cServer, type H2cServerOptions } from "./h2c-server.js";
export { type DenialResponse, toDenialResponse } from "./reject.js";
export { type NodeRequest, type NodeResponse, type TrustProxy, toAuthRequest } from "./request.js";
export { writeDenial } from "./write-denial.js";

/**
 * Wraps a request listener of `node:http`, `node:https` or `node:http2` (compatibility API) with authentication:
 *
 * ```ts
 * createServer(nodeAuth(auth, (request, response) => response.end(auth.caller(request).identity.subject)));
 * ```
 *
 * The listener runs only for allowed requests; all others get a denial in their own protocol, before a byte of the body
 * is read. Errors of the listener go where they would go without this wrapper.
 */
export function nodeAuth<
  Request extends NodeRequest = IncomingMessage,
  Response extends NodeResponse = ServerResponse<IncomingMessage>,
  I extends Identity = Identity,
>(
  auth: Auth<I>,
  listener: (request: Request, response: Response) => unknown,
  options?: GuardOptions<I>,
): (request: Request, response: Response) => void {
  requireArgument("nodeAuth", "listener", listener, "function");
  const guard = createGuard("nodeAuth", auth, options);
  return function nodeAuthListener(request, response) {
    guard.check(request, response, () => {
      listener(request, response);
    });
  };
}
