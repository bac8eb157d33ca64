import type { Context, Middleware } from "koa";
import type { Auth } from "../engine/auth.js";
import type { Identity } from "../model/identity.js";
import { bodyReadError, wasBodyRead } from "./node/body-read.js";
import { createGuard, type GuardOptions } from "./node/guard.js";

export type { Authorize } from "./node/ask-authorize.js";
export type { GuardOptions } from "./node/guard.js";

/**
 * Makes the authentication middleware for Koa. Mount it before any body parser:
 *
 * ```ts
 * app.use(koaAuth(auth));                                                 // 401 without valid credentials
 * app.use((ctx) => { ctx.body = auth.caller(ctx).identity; });            // auth.caller(ctx.req) is the same
 * ```
 *
 * The offered token stays on error pages, from which Koa removes the fields that `ctx.set` has set.
 *
 * A denial is written without Koa, so `ctx.respond` is `false` in middleware in front, which goes on after its
 * `next()`.
 *
 * It throws `AuthError` `body_read_before_auth` into the chain when the body was read already: an anonymous caller
 * could have made the server parse megabytes.
 */
export function koaAuth<I extends Identity>(auth: Auth<I>, options?: GuardOptions<I>): Middleware {
  const guard = createGuard("koaAuth", auth, options);
  const { id } = auth.front.slot;
  return function koaAuthMiddleware(ctx, next) {
    if (wasBodyParsed(ctx) || wasBodyRead(ctx.req)) throw bodyReadError();
    return new Promise<unknown>((resolve) => {
      const pass = () => {
        const caller = auth.optionalCaller(ctx.req);
        if (caller !== undefined) (ctx as unknown as Record<symbol, unknown>)[id] = caller;
        resolve(next());
      };
      const stop = () => {
        ctx.respond = false;
        resolve(undefined);
      };
      guard.check(ctx.req, ctx.res, pass, ctx.originalUrl, stop);
    });
  };
}

/** Whether a body parser of Koa has run. It leaves the body on Koa's request, not on Node's. */
function wasBodyParsed(ctx: Context): boolean {
  return (ctx.request as { body?: unknown }).body !== undefined;
}
