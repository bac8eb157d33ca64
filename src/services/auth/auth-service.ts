import { Code, ConnectError, type ConnectRouter, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { requireOptions } from "../../base/options.js";
import { askCallback } from "../../engine/ask-callback.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import { AuthService } from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Identity } from "../../model/identity.js";
import type { Caller } from "../../model/session.js";
import { addService } from "../add-service.js";
import { toLogInContext } from "../log-in-context.js";
import { asking, toConnectError } from "../to-connect-error.js";
import { createLogInMethods, forbidStoring } from "./log-in-methods.js";
import { toCallerMessage, toSessionMessage, toSummaryMessage } from "./messages.js";
import { type AuthRoutesOptions, authRoutesKinds, createTicketMethods } from "./ticket-methods.js";

export type { AuthRoutesOptions } from "./ticket-methods.js";

const openMethods: ReadonlySet<string> = new Set([AuthService.method.logIn.name, AuthService.method.getChallenge.name]);

const defaultPageSize = 100;

const maxPageSize = 1_000;

const refPattern = /^[A-Za-z0-9_-]{22}$/;

/**
 * Makes the routes of `sallyport.v1.AuthService`: log in, refresh, who-am-I, log out, list and end the caller's
 * sessions, operate-as, tickets.
 *
 * ```ts
 * const routes = (router: ConnectRouter) => { authRoutes(auth)(router); router.service(GreetService, greeter); };
 * createServer(connectAuth(auth, connectNodeAdapter, { routes }));
 * ```
 *
 * Mount them behind `connectAuth`, which lets `LogIn` and `GetChallenge` through without credentials and authenticates every other call.
 */
export function authRoutes<I extends Identity>(
  auth: Auth<I>,
  options: AuthRoutesOptions = {},
): (router: ConnectRouter) => void {
  requireAuth("authRoutes", auth);
  requireOptions("authRoutes", options, authRoutesKinds);
  const service = createAuthService(auth, options);
  return (router) => addService(router, AuthService, service, (method) => openMethods.has(method));
}

function createAuthService<I extends Identity>(
  auth: Auth<I>,
  options: AuthRoutesOptions,
): ServiceImpl<typeof AuthService> {
  function enter(context: HandlerContext): Caller<I> {
    forbidStoring(context);
    const caller = auth.optionalCaller(context);
    if (caller === undefined) throw toConnectError(nobody);
    return caller;
  }

  /**
   * Whether a ref is that of a live session of this subject. It searches the subject's list, so that another subject's
   * ref looks like an unknown one.
   */
  async function owns(subject: string, ref: string): Promise<boolean> {
    let after = "";
    for (;;) {
      const page = await auth.sessions.list({ subject, after, limit: maxPageSize });
      if (page.some((session) => session.ref === ref)) return true;
      const last = page.at(-1);
      if (last === undefined || page.length < maxPageSize) return false;
      after = last.ref;
    }
  }

  const { mayManageSessions = ({ scopes }: Caller) => scopes === undefined } = options;

  async function requireManager(caller: Caller): Promise<void> {
    // Compared with `true`: the promise of an async function must not let every caller manage.
    const may = await asking(async () => askCallback(auth.front, "mayManageSessions", () => mayManageSessions(caller)));
    if (may === true) return;
    throw new ConnectError(
      "These credentials do not stand for the whole account: they may list and end no other session of it.",
      Code.PermissionDenied,
    );
  }

  return {
    ...createLogInMethods(auth),
    ...createTicketMethods(auth, enter, options),

    refresh(_request, context) {
      const { session } = enter(context);
      return session === undefined ? {} : { session: toSessionMessage(session) };
    },

    whoAmI(_request, context) {
      const who = enter(context);
      const caller = toCallerMessage(who);
      return who.session === undefined ? { caller } : { caller, session: toSessionMessage(who.session) };
    },

    async logOut(_request, context) {
      const { session } = enter(context);
      if (session === undefined) {
        throw new ConnectError(
          "No session to end: the call came without a session token. A caller with other credentials has no session.",
          Code.FailedPrecondition,
        );
      }
      await asking(() => session.end("logout", toLogInContext(context)));
      return {};
    },

    async listSessions({ pageSize, pageToken }, context) {
      const caller = enter(context);
      const { identity, session } = caller;
      await requireManager(caller);
      if (pageSize < 0) throw new ConnectError("page_size must not be negative", Code.InvalidArgument);
      if (pageToken !== "" && !refPattern.test(pageToken)) {
        throw new ConnectError("page_token must be the next_page_token of the page before", Code.InvalidArgument);
      }
      const limit = Math.min(pageSize || defaultPageSize, maxPageSize);
      const page = await asking(() => auth.sessions.list({ subject: identity.subject, after: pageToken, limit }));
      return {
        sessions: page.map((summary) => toSummaryMessage(summary, session?.ref)),
        nextPageToken: page.length < limit ? "" : (page.at(-1)?.ref ?? ""),
      };
    },

    async endSession({ ref }, context) {
      const caller = enter(context);
      const { identity, actor } = caller;
      const { subject } = identity;
      if (ref !== caller.session?.ref) await requireManager(caller);
      const by = { subject, actor, ...toLogInContext(context) };
      const ended = await asking(
        async () => (await owns(subject, ref)) && (await auth.sessions.end(ref, "logout", by)),
      );
      if (!ended) throw new ConnectError("You have no such session.", Code.NotFound);
      return {};
    },
  };
}

/** The denial of a call without a caller, if a router is mounted with `anonymous` or without `connectAuth`. */
const nobody = {
  kind: "denied",
  code: "unauthenticated",
  reason: "no_credentials",
  message: "Log in first.",
  challenges: [],
} as const;
