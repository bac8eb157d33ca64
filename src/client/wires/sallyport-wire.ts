import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import {
  AuthService,
  type LogInRequestSchema,
  type OperateAsWish,
  OperateAsWishSchema,
} from "../../gen/sallyport/v1/auth_service_pb.js";
import type { Caller } from "../../gen/sallyport/v1/caller_pb.js";
import { AuthenticationFailedError, toLogInError } from "../bearer/authentication-failed-error.js";
import { createBearer } from "../bearer/bearer.js";
import { createBearerInterceptor } from "../bearer/bearer-interceptor.js";
import { createClosing } from "../bearer/closing.js";
import { hide } from "../bearer/hide.js";
import { createKeepAlive } from "../bearer/keep-alive.js";
import { openFetch, openTransport } from "../bearer/open-transport.js";
import { createProofKey, type ProofKey } from "../bearer/proof-key.js";
import { type CallAttempt, toNetworkError, waitForReady } from "../bearer/wait-for-ready.js";
import type { AuthWire, LogInMethod, ServiceToken } from "./auth-wire.js";
import type { ClientOptions } from "./client-options.js";

const logInService = { typeName: AuthService.typeName, remedy: "authRoutes(auth)" };

type LogInMessage = MessageInitShape<typeof LogInRequestSchema>;

/**
 * Makes the wire for `sallyport.v1`. It sends the token with every call, follows its rotation, and logs in again when
 * the session has ended.
 */
export function createSallyportWire(
  options: ClientOptions,
  key: ProofKey | undefined = options.bind ? createProofKey({ delay: options.delay }) : undefined,
): AuthWire & SallyportSession {
  const { baseUrl, fetch, timeoutMs, keepAliveMs, delay } = options;
  const bearer = createBearer({ key, refresh: ping, discard: (token) => end(token) });
  const keepAlive = createKeepAlive(keepAliveMs, ping, delay);
  let closing = createClosing();
  const interceptors = [createBearerInterceptor(bearer)];
  if (keepAliveMs > 0) interceptors.push(keepAlive.interceptor);
  const transport = openTransport(options.connection, { baseUrl, interceptors }, (given) =>
    createConnectTransport(fetch ? { ...given, fetch } : given),
  );
  const service = createClient(AuthService, transport);

  function ready<T>(attempt: (how: CallAttempt) => Promise<T>, limitMs: number = timeoutMs): Promise<T> {
    return waitForReady(limitMs, options.wait, closing, attempt);
  }

  async function ping(): Promise<boolean> {
    if (bearer.token === undefined) return false;
    await ready((how) => service.refresh({}, how));
    return true;
  }

  /** Opens a session now, and again when it has ended. */
  async function begin(start: () => Opening, limitMs?: number): Promise<Caller | undefined> {
    let caller: Caller | undefined;
    await bearer.logIn(async () => {
      const opened = await ready(start(), limitMs);
      caller = opened.caller;
      return opened.token;
    });
    if (options.keepAlive === "session" && keepAliveMs > 0) keepAlive.start();
    return caller;
  }

  function logIn(method: LogInMethod): Promise<Caller | undefined> {
    let spent = false;
    return begin(
      () => {
        if (spent) throw new AuthenticationFailedError("The log-in in the browser is over. Make a new link.");
        spent = method.kind === "external";
        return (how) => open(method, how);
      },
      method.kind === "external" ? method.waitMs : undefined,
    );
  }

  async function open(method: LogInMethod, how: CallAttempt): Promise<Opened> {
    let scheme: string | undefined;
    const onHeader = (header: Headers) => {
      scheme = header.get("authorization")?.split(" ", 1)[0];
    };
    try {
      const response = await service.logIn(await prove(method, how), { ...how, onHeader });
      if (key !== undefined && scheme !== "DPoP") throw notBound();
      return response;
    } catch (error) {
      throw toLogInError(error, logInService);
    }
  }

  async function prove(method: LogInMethod, how: CallAttempt): Promise<LogInMessage> {
    switch (method.kind) {
      case "password": {
        const { user, password, operateAs } = method;
        return { proof: { case: "password", value: { user, password } }, ...wishOf(operateAs) };
      }
      case "privateKey": {
        const { user, publicKey, operateAs, sign } = method.signer;
        const { realm, nonce } = await service.getChallenge({ user, publicKey }, how);
        const signature = await sign({ realm, nonce });
        return { proof: { case: "privateKey", value: { user, publicKey, nonce, signature } }, ...wishOf(operateAs) };
      }
      case "external":
        return { proof: { case: "external", value: { key: method.key } } };
      default:
        return method satisfies never;
    }
  }

  async function end(token: string): Promise<void> {
    // Not by the interceptor, which would log in again if the session has ended already.
    const headers = { authorization: `${key ? "DPoP" : "Bearer"} ${token}` };
    await service.logOut({}, { timeoutMs, headers }).catch((error: ConnectError) => {
      if (!isOver(error)) throw toNetworkError(error);
    });
  }

  function requireLogIn(): void {
    if (bearer.token === undefined) throw new ConnectError("log in first", Code.FailedPrecondition);
  }

  const wire: AuthWire & SallyportSession = {
    transport,
    fetch: openFetch(options, bearer),
    get token() {
      return bearer.token;
    },
    logIn,
    begin,
    ping,
    whoAmI: () => ready((how) => service.whoAmI({}, how)),

    async getToken(name, { operateAs, reason, lifeMs }): Promise<ServiceToken> {
      requireLogIn();
      const life = lifeMs === undefined ? undefined : durationFromMs(lifeMs);
      const request = { service: name, ...(life && { life }), ...wishOf(operateAs, { reason }) };
      const { ticket, expiresAt } = await ready((how) => service.issueTicket(request, how));
      return hide({ service: name, value: ticket, expiresAt: expiresAt && timestampDate(expiresAt) }, "value");
    },

    async redeemToken(ticket, name) {
      requireLogIn();
      try {
        const { caller, sessionRef } = await ready((how) => service.redeemTicket({ ticket, service: name }, how));
        return caller && { caller, sessionRef };
      } catch (error) {
        if (error instanceof ConnectError && error.metadata.has("sallyport-ticket")) return undefined;
        throw error;
      }
    },

    async openAs(subject, { reason, maxMs }) {
      requireLogIn();
      const { operateAs: wish } = wishOf(subject, { reason, maxMs });
      // The server binds the new session to the same key.
      const other = createSallyportWire(options, key);
      await other.begin(() => (how) => service.operateAs({ ...(wish && { wish }) }, how));
      return other;
    },

    async close() {
      const { token } = bearer;
      bearer.forget();
      keepAlive.stop();
      closing.close();
      closing = createClosing();
      if (token === undefined) return;
      await end(token);
    },
  };
  return hide(wire, "token");
}

/** The result of opening a session. */
interface Opened {
  readonly token: string;
  readonly caller?: Caller | undefined;
}

type Opening = (how: CallAttempt) => Promise<Opened>;

interface SallyportSession {
  /** Opens a session by `start` now, and again when it has ended. */
  begin(start: () => Opening): Promise<Caller | undefined>;
}

function wishOf(
  subject: string | undefined,
  { reason = "", maxMs }: { readonly reason?: string | undefined; readonly maxMs?: number | undefined } = {},
): { readonly operateAs?: OperateAsWish } {
  if (subject === undefined) return {};
  const maxDuration = maxMs === undefined ? undefined : durationFromMs(maxMs);
  return { operateAs: create(OperateAsWishSchema, { subject, reason, ...(maxDuration && { maxDuration }) }) };
}

/**
 * Makes the error for a server that does not bind the session. Otherwise every call would be refused without a clear
 * reason.
 */
function notBound(): ConnectError {
  return new ConnectError(
    "bind: the server has opened a session that is not bound to the key",
    Code.FailedPrecondition,
  );
}

/** Whether the session was over already, so that the log-out has nothing to do. */
function isOver(error: ConnectError): boolean {
  return (
    error.code === Code.Unauthenticated && ["expired", "revoked"].includes(error.metadata.get("sallyport-reason") ?? "")
  );
}
