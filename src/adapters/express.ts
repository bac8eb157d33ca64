import type { RequestHandler } from "express";
import type { Auth } from "../engine/auth.js";
import type { Identity } from "../model/identity.js";
import { bodyReadError, wasBodyRead } from "./node/body-read.js";
import { createGuard, type GuardOptions } from "./node/guard.js";

export type { Authorize } from "./node/ask-authorize.js";
export type { GuardOptions } from "./node/guard.js";

/**
 * Makes the authentication middleware for Express. Mount it before any body parser:
 *
 * ```ts
 * app.use(expressAuth(auth));                                             // 401 without valid credentials
 * app.get("/me", (req, res) => res.json(auth.caller(req).identity));
 * ```
 *
 * It calls `next` with `AuthError` `body_read_before_auth` when the body was read already: an anonymous caller could
 * have made the server parse megabytes.
 */
export function expressAuth<I extends Identity>(auth: Auth<I>, options?: GuardOptions<I>): RequestHandler {
  const guard = createGuard("expressAuth", auth, options);
  return function expressAuthMiddleware(request, response, next) {
    if (wasBodyRead(request)) next(bodyReadError());
    else guard.check(request, response, next, request.originalUrl);
  };
}
