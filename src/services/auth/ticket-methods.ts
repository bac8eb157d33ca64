import { create } from "@bufbuild/protobuf";
import { durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { AuthError } from "../../base/errors.js";
import type { OptionKinds } from "../../base/options.js";
import { askCallback } from "../../engine/ask-callback.js";
import type { Auth } from "../../engine/auth.js";
import {
  type AuthService,
  IssueTicketResponseSchema,
  type OperateAsWish as OperateAsMessage,
  OperateAsResponseSchema,
  RedeemTicketResponseSchema,
} from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Identity } from "../../model/identity.js";
import type { OperateAsWish } from "../../model/log-in.js";
import type { Caller } from "../../model/session.js";
import { toLogInContext } from "../log-in-context.js";
import { asking, toConnectError, toUnavailableError } from "../to-connect-error.js";
import { toCallerMessage, toSessionMessage } from "./messages.js";

/** Options of `authRoutes`. */
export interface AuthRoutesOptions {
  /**
   * Returns the services whose tickets a caller may redeem. Default: the service named like the caller's subject, so a
   * service logs in under its own name. A caller that operates as a service may redeem none. An API key of a service is
   * enough, whatever its scopes; look at `caller.scopes` if one must not be.
   */
  readonly servicesOf?: ((caller: Caller) => readonly string[]) | undefined;
  /**
   * Whether a caller may list the sessions of its account and end others than its own. Default: a caller whose
   * credentials have no scopes, since a key for one task does not stand for the whole account.
   */
  readonly mayManageSessions?: ((caller: Caller) => boolean) | undefined;
}

/** The names and kinds of `AuthRoutesOptions`. */
export const authRoutesKinds: OptionKinds<AuthRoutesOptions> = {
  servicesOf: "function",
  mayManageSessions: "function",
};

type TicketMethods = Pick<ServiceImpl<typeof AuthService>, "operateAs" | "issueTicket" | "redeemTicket">;

/** Makes the RPCs for operating as another account and for tickets. */
export function createTicketMethods<I extends Identity>(
  auth: Auth<I>,
  enter: (context: HandlerContext) => Caller<I>,
  { servicesOf = ({ identity }) => [identity.subject] }: AuthRoutesOptions,
): TicketMethods {
  const askServices = (caller: Caller): readonly string[] =>
    askCallback(
      auth.front,
      "servicesOf",
      () => servicesOf(caller),
      (services) => {
        if (Array.isArray(services)) return services;
        throw new TypeError("it must return a list of names");
      },
    );

  return {
    async operateAs({ wish }, context) {
      const caller = enter(context);
      if (wish === undefined)
        throw new ConnectError(
          "wish is missing: it holds the subject to operate as, and the reason",
          Code.InvalidArgument,
        );
      const outcome = await auth.beginOperateAs(caller, toOperateAsWish(wish), toLogInContext(context));
      if (outcome.kind === "denied") throw toConnectError(outcome);
      const { token, session } = outcome;
      // The token is not in the header: there it would replace the token of the caller's own session, which goes on.
      const who = toCallerMessage({ ...outcome.caller, scheme: session.scheme });
      return create(OperateAsResponseSchema, { token, caller: who, session: toSessionMessage(session) });
    },

    async issueTicket({ service, life, operateAs }, context) {
      const caller = enter(context);
      const lifeMs = life && durationMs(life);
      const outcome = await refusing(() =>
        auth.tickets.issue(
          caller,
          { service, lifeMs, operateAs: operateAs && toOperateAsWish(operateAs) },
          toLogInContext(context),
        ),
      );
      if (outcome.kind === "denied") throw toConnectError(outcome);
      const { ticket, expiresAt } = outcome;
      return create(IssueTicketResponseSchema, { ticket, expiresAt: timestampFromMs(expiresAt) });
    },

    async redeemTicket(request, context) {
      const caller = enter(context);
      const services = caller.actor === undefined ? await asking(async () => askServices(caller)) : [];
      const service = request.service === "" ? (services[0] ?? "") : request.service;
      if (!services.includes(service)) {
        throw new ConnectError("You do not answer for this service.", Code.PermissionDenied);
      }
      const outcome = await refusing(() => auth.tickets.redeem(request.ticket, service, toLogInContext(context)));
      if (outcome.kind === "refused") throw toTicketError(outcome.reason);
      const { ref, authenticatedAt, acr } = outcome;
      return create(RedeemTicketResponseSchema, {
        caller: toCallerMessage(outcome),
        sessionRef: ref,
        ...(authenticatedAt !== undefined && { authenticatedAt: timestampFromMs(authenticatedAt) }),
        acr: acr ?? "",
      });
    },
  };
}

/** Converts a message to a wish of the engine. */
export function toOperateAsWish({ subject, reason, maxDuration }: OperateAsMessage): OperateAsWish {
  return { subject, reason: reason === "" ? undefined : reason, maxMs: maxDuration && durationMs(maxDuration) };
}

function toTicketError(reason: string): ConnectError {
  if (reason === "unavailable") return toUnavailableError();
  return new ConnectError("The ticket was not accepted.", Code.NotFound, { "sallyport-ticket": reason });
}

/** Runs an attempt and converts errors that the caller caused; their messages say what to do. */
async function refusing<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    if (error.code === "no_session") throw new ConnectError(error.message, Code.FailedPrecondition);
    if (error.code === "invalid_options") throw new ConnectError(error.message, Code.InvalidArgument);
    throw error;
  }
}
