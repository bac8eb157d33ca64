import { create } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { clientAddress } from "../../credentials/source.js";
import type { Auth } from "../../engine/auth.js";
import { CallStatus, type Token, TokenSchema } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import type { Identity } from "../../model/identity.js";
import { toLogInContext } from "../log-in-context.js";
import type { Cookies } from "./cookie.js";
import { answering, cannotTell, deadCookie, enterpriseError, toEnterpriseError } from "./error.js";
import type { ResolvedEnterpriseOptions } from "./options.js";
import { isSameContext, toUserContext } from "./user.js";

type TokenMethods = Pick<ServiceImpl<typeof AuthApi>, "getToken" | "getTokenAs" | "verifyToken">;

/** Makes the methods of one-time tokens, by which a client authenticates to a service once. */
export function createEnterpriseTokens<I extends Identity>(
  auth: Auth<I>,
  cookies: Cookies<I>,
  options: ResolvedEnterpriseOptions,
): TokenMethods {
  const { tokenLifeMs: lifeMs, address } = options;

  async function issue(
    cookie: Uint8Array,
    service: string,
    effectiveUser: string | undefined,
    context: HandlerContext,
  ): Promise<Token> {
    const caller = await cookies.read(cookie, context);
    if ("dead" in caller) throw deadCookie(caller);
    const isOther = effectiveUser !== undefined && effectiveUser !== caller.identity.subject;
    const operateAs = isOther ? { subject: effectiveUser } : undefined;
    const detached = options.detachedServices.has(service);
    const request = { service, lifeMs, operateAs, detached };
    const issued = await auth.tickets.issueNumber(caller, request, toLogInContext(context));
    if (issued.kind === "denied") {
      throw issued.reason === "revoked"
        ? deadCookie({ dead: issued.reason })
        : toEnterpriseError(issued, CallStatus.TOKEN_CREATION);
    }
    const userContext = toUserContext(issued);
    return create(TokenSchema, { tokenId: issued.number, service, userContext, ipAddress: address });
  }

  return {
    getToken: ({ cookie, service }, context) =>
      answering(context, async () => ({ token: await issue(cookie, service, undefined, context) })),

    getTokenAs: ({ cookie, service, operateAsUser }, context) =>
      answering(context, async () => ({ token: await issue(cookie, service, operateAsUser, context) })),

    verifyToken: ({ service, token }, context) =>
      answering(context, async () => {
        requireVerifier(context, options, "verifyToken");
        if (token === undefined) return { tokenValid: false };
        const redeemed = await auth.tickets.redeemNumber(token.tokenId, service, toLogInContext(context));
        if (redeemed.kind === "refused") {
          if (redeemed.reason === "unavailable") throw cannotTell();
          return { tokenValid: false };
        }
        // The message came through the client and is not signed: the names in it must be those that the token was
        // issued for.
        return { tokenValid: token.service === service && isSameContext(token.userContext, redeemed) };
      }),
  };
}

/**
 * Checks that the peer may verify tokens, by its address.
 *
 * @throws {ConnectError} `PermissionDenied` when it may not
 */
export function requireVerifier(context: HandlerContext, options: ResolvedEnterpriseOptions, method: string): void {
  const { peer, rawHeaders = [] } = toLogInContext(context);
  // Behind a trusted proxy, the client that the proxy names: otherwise every client of the proxy could verify tokens.
  if (options.mayVerify(clientAddress(peer, rawHeaders) ?? "")) return;
  throw enterpriseError(
    Code.PermissionDenied,
    CallStatus.TOKEN_VERIFICATION,
    `${method} is not for this address: see verifyTokenFrom.`,
  );
}
