import { Code, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import type { Awaitable } from "../../base/awaitable.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import { CallStatus } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import type { Identity } from "../../model/identity.js";
import { addService } from "../add-service.js";
import { toLogInContext } from "../log-in-context.js";
import { createCookies } from "./cookie.js";
import { answering, cannotTell, deadCookie, enterpriseError } from "./error.js";
import { createEnterpriseLogIn } from "./log-in.js";
import { type EnterpriseOptions, type ResolvedEnterpriseOptions, resolveEnterpriseOptions } from "./options.js";
import { createEnterpriseTokens } from "./tokens.js";

export type { EnterpriseOptions } from "./options.js";

/**
 * Makes the routes of `io.deephaven.proto.auth.grpc.AuthApi`, the log-in of Deephaven Enterprise, for its own clients.
 *
 * ```ts
 * const routes = (router: ConnectRouter) => enterpriseRoutes(auth, { verifyTokenFrom: "anyone" })(router);
 * createServer(connectAuth(auth, connectNodeAdapter, { routes }));
 * ```
 *
 * Mount them behind `connectAuth`. It requires credentials for `reload` only: the other methods authenticate by their
 * messages.
 *
 * @throws {AuthError} `invalid_options` for a duration out of range, an empty `reload.roles` or a malformed address;
 *   the message says what to do
 */
export function enterpriseRoutes<I extends Identity>(
  auth: Auth<I>,
  options: EnterpriseOptions = {},
): (router: ConnectRouter) => void {
  requireAuth("enterpriseRoutes", auth);
  const service = createAuthApi(auth, resolveEnterpriseOptions(auth.front.rules, options, auth.front));
  return (router) => addService(router, AuthApi, service, (method) => method !== AuthApi.method.reload.name);
}

function createAuthApi<I extends Identity>(
  auth: Auth<I>,
  options: ResolvedEnterpriseOptions,
): ServiceImpl<typeof AuthApi> {
  const cookies = createCookies(auth, options);

  async function running(run: () => Awaitable<string>): Promise<string> {
    try {
      return await run();
    } catch (error) {
      auth.front.callbackFailed("reload", error);
      throw cannotTell();
    }
  }

  return {
    ...createEnterpriseLogIn(auth, cookies, options),
    ...createEnterpriseTokens(auth, cookies, options),

    ping: () => ({ receiverReceiveTimeMillis: BigInt(Math.floor(options.platform.now())), from: auth.front.realm }),

    refreshCookie: ({ cookie }, context) =>
      answering(context, async () => {
        const caller = await cookies.read(cookie, context);
        if ("dead" in caller) throw deadCookie(caller);
        // The answer has no cookie: clients would take it for a new one.
        return { cookieDeadlineTimeMillis: cookies.deadlineOf(caller.session) };
      }),

    invalidateCookie: ({ cookie }, context) =>
      answering(context, async () => {
        const caller = await cookies.read(cookie, context);
        if (!("dead" in caller)) await caller.session.end("logout", toLogInContext(context));
        return {};
      }),

    reload: (_request, context) =>
      answering(context, async () => {
        const { reload } = options;
        const roles = auth.optionalCaller(context)?.identity.roles ?? [];
        if (reload === undefined) throw notForYou(Code.Unimplemented, "reload is not configured.");
        if (!reload.roles.some((role) => roles.includes(role))) {
          throw notForYou(Code.PermissionDenied, "You may not reload.");
        }
        return { result: await running(reload.run) };
      }),
  };
}

function notForYou(code: Code, message: string): Error {
  return enterpriseError(code, CallStatus.AUTH_ERROR_NON_RETRYABLE, message);
}
