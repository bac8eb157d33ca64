import { create } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { toUserPass } from "../../credentials/user-pass.js";
import type { Auth } from "../../engine/auth.js";
import {
  type AuthenticateByPublicKeyRequest,
  type AuthenticationResult,
  AuthenticationResultSchema,
  CallStatus,
  type ClientId,
  type Token,
  type UserContext,
  type VerifyChallengeRequest,
} from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { LogInContext, LogInOutcome } from "../../model/log-in.js";
import { maxClientBytes } from "../../wire/key-messages.js";
import { toLogInContext } from "../log-in-context.js";
import type { CookieCaller, Cookies } from "./cookie.js";
import { answering, cannotTell, enterpriseError, toEnterpriseError } from "./error.js";
import type { ResolvedEnterpriseOptions } from "./options.js";
import { createRawPrivateKey, type RawKeyAnswer } from "./raw-private-key.js";
import { requireVerifier } from "./tokens.js";
import { isSameContext, toUserContext, toWish } from "./user.js";

type LogInMethods = Pick<
  ServiceImpl<typeof AuthApi>,
  | "authenticateByPassword"
  | "getNonce"
  | "authenticateByPublicKey"
  | "authenticateByExternal"
  | "authenticateByDelegateToken"
  | "authenticateByCookie"
  | "verifyChallenge"
>;

/** The answer to a refused log-in: in this protocol an ordinary answer without a reason. */
const refused: AuthenticationResult = create(AuthenticationResultSchema, {});

/** Makes the methods that return a cookie, and `verifyChallenge`. */
export function createEnterpriseLogIn<I extends Identity>(
  auth: Auth<I>,
  cookies: Cookies<I>,
  options: ResolvedEnterpriseOptions,
): LogInMethods {
  const rawKey = createRawPrivateKey(auth);

  /**
   * Makes the context of a log-in without its `DPoP` header: a cookie is presented alone, so its session must not be
   * bound to a key.
   */
  function toContext(context: HandlerContext, user?: UserContext): LogInContext {
    return { ...toLogInContext(context, "dpop"), rules: options.rules, operateAs: toWish(user) };
  }

  function toResult(outcome: LogInOutcome<I>): AuthenticationResult {
    switch (outcome.kind) {
      case "opened":
        return toLoggedIn({ ...outcome.caller, session: outcome.session }, Buffer.from(outcome.token));
      case "denied":
        if (isRefusal(outcome)) return refused;
        throw toEnterpriseError(outcome, CallStatus.AUTH_ERROR_NON_RETRYABLE);
      case "challenged":
        throw enterpriseError(
          Code.Unimplemented,
          CallStatus.AUTH_ERROR_NON_RETRYABLE,
          "This log-in needs another round, and this method has only one.",
        );
      default:
        return outcome satisfies never;
    }
  }

  function toLoggedIn(caller: CookieCaller<I>, cookie: Uint8Array): AuthenticationResult {
    return create(AuthenticationResultSchema, {
      authenticated: true,
      cookie,
      cookieDeadlineTimeMillis: cookies.deadlineOf(caller.session),
      userContext: toUserContext(caller),
    });
  }

  async function byCookie(
    cookie: Uint8Array,
    user: UserContext | undefined,
    context: HandlerContext,
  ): Promise<AuthenticationResult> {
    const caller = await cookies.read(cookie, context);
    if ("dead" in caller) return refused;
    if (user === undefined || isSameContext(user, caller)) return toLoggedIn(caller, cookie);
    // The authenticated user must be that of the cookie; the effective user may differ, which is a request to operate
    // as that user.
    if (user.authenticatedUser !== toUserContext(caller).authenticatedUser) return refused;
    return toResult(await auth.beginOperateAs(caller, { subject: user.effectiveUser }, toContext(context)));
  }

  async function byDelegateToken(token: Token | undefined, context: HandlerContext): Promise<AuthenticationResult> {
    if (token === undefined || !options.delegateServices.has(token.service)) return refused;
    const redeemed = await auth.tickets.redeemNumber(token.tokenId, token.service, toContext(context));
    if (redeemed.kind === "refused" && redeemed.reason === "unavailable") throw cannotTell();
    if (redeemed.kind === "refused" || !isSameContext(token.userContext, redeemed)) return refused;
    return toResult(await auth.tickets.open(redeemed, toContext(context)));
  }

  return {
    authenticateByPassword: ({ userContext, password }, context) =>
      answering(context, async () => {
        const payload = toUserPass(userContext?.authenticatedUser ?? "", password);
        return { result: toResult(await auth.logIn({ scheme: "basic", payload }, toContext(context, userContext))) };
      }),

    getNonce: ({ clientId }, context) =>
      answering(context, async () => {
        const nonce = await rawKey.challenge(requireClient(clientId), toContext(context));
        if (nonce instanceof Uint8Array) return { nonce, ipAddress: options.address };
        if (!isRefusal(nonce)) throw toEnterpriseError(nonce, CallStatus.PUB_PRIV_KEY);
        throw enterpriseError(
          Code.Unimplemented,
          CallStatus.PUB_PRIV_KEY,
          "This server takes no signatures over a bare nonce.",
        );
      }),

    authenticateByPublicKey: (request, context) =>
      answering(context, async () => {
        const outcome = await rawKey.answer(toKeyAnswer(request), toContext(context, request.userContext));
        return { result: toResult(outcome) };
      }),

    authenticateByExternal: ({ key }, context) =>
      answering(context, async () => {
        const credentials = { scheme: "External", payload: Buffer.from(key) };
        return { result: toResult(await auth.logIn(credentials, toContext(context))) };
      }),

    authenticateByDelegateToken: ({ delegateToken }, context) =>
      answering(context, async () => ({ result: await byDelegateToken(delegateToken, context) })),

    authenticateByCookie: ({ cookie, userContext }, context) =>
      answering(context, async () => ({ result: await byCookie(cookie, userContext, context) })),

    verifyChallenge: (request, context) =>
      answering(context, async () => {
        requireVerifier(context, options, "verifyChallenge");
        const outcome = await rawKey.answer(toKeyAnswer(request), toContext(context, request.userContext));
        const { authenticated, userContext } = toResult(outcome);
        // The session was opened to verify the answer only, and its token is not returned.
        if (outcome.kind === "opened") await outcome.session.end("verified for another server");
        return userContext === undefined ? { success: authenticated } : { success: authenticated, userContext };
      }),
  };
}

/** Whether a denial is a refused log-in, which is an ordinary answer. */
function isRefusal({ code, reason }: Denial): boolean {
  return code === "unauthenticated" || reason === "operate_as_refused";
}

function requireClient(client: ClientId | undefined): Uint8Array {
  const uuid = client?.uuid ?? new Uint8Array();
  if (uuid.length > 0 && uuid.length <= maxClientBytes) return uuid;
  throw enterpriseError(
    Code.InvalidArgument,
    CallStatus.AUTH_ERROR_NON_RETRYABLE,
    `client_id.uuid must be 1 to ${maxClientBytes} bytes`,
  );
}

function toKeyAnswer(request: AuthenticateByPublicKeyRequest | VerifyChallengeRequest): RawKeyAnswer {
  const { clientId, userContext, publicKey, challengeResponse: signature } = request;
  return { client: requireClient(clientId), user: userContext?.authenticatedUser ?? "", publicKey, signature };
}
