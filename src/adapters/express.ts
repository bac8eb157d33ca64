import type { RequestHandler } from "express";
import type { Auth } from "../auth.js";
import { AuthError } from "../errors.js";
import type { Identity } from "../identity.js";
import { createGuard, type GuardOptions } from "./guard.js";
import type { NodeRequest } from "./node-request.js";

/**
 * The door as Express middleware; mount it before any body parser:
 *
 * ```ts
 * app.use(expressAuth(auth));                                             // 401 unless somebody
 * app.get("/me", (req, res) => res.json(auth.caller(req).identity));
 * ```
 *
 * Calls `next` with `AuthError` `body_read_before_auth` when the body was read already: an anonymous caller could
 * have made the server parse megabytes.
 */
export function expressAuth(auth: Auth<Identity>, options?: GuardOptions): RequestHandler {
  const guard = createGuard(auth, options);
  return function expressAuthMiddleware(request, response, next) {
    if (wasBodyRead(request)) next(bodyReadError());
    else guard(request, response, next, request.originalUrl);
  };
}

/** Some middleware in front has read from the body, or has parsed it. */
export function wasBodyRead(request: NodeRequest): boolean {
  return (request as NodeRequest & { body?: unknown }).body !== undefined || request.readableDidRead;
}

export function bodyReadError(): AuthError {
  return new AuthError(
    "body_read_before_auth",
    "The body was read before the door could decide. Mount express.json(), multer and other body parsers after the door.",
  );
}
