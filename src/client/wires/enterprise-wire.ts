import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, decodeBinaryHeader } from "@connectrpc/connect";
import {
  AuthErrorSchema,
  type AuthenticationResult,
  CallStatus,
  type ClientId,
  ClientIdSchema,
  type Token,
  TokenSchema,
  type UserContext,
  UserContextSchema,
} from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import { AuthApi } from "../../gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { type Caller, CallerSchema } from "../../gen/sallyport/v1/caller_pb.js";
import { concat, fromBase64, toBase64, toUtf8 } from "../../wire/bytes.js";
import { AuthenticationFailedError, toLogInError } from "../bearer/authentication-failed-error.js";
import { createBearer } from "../bearer/bearer.js";
import { createClosing } from "../bearer/closing.js";
import { hide } from "../bearer/hide.js";
import { openFetch, openTransport } from "../bearer/open-transport.js";
import { type CallAttempt, toNetworkError, waitForReady } from "../bearer/wait-for-ready.js";
import type { AuthWire, LogInMethod } from "./auth-wire.js";
import type { ClientOptions } from "./client-options.js";
import { createCookieRefresh, refreshTimeoutMs } from "./cookie-refresh.js";
import { createOwnGrpcTransport } from "./grpc-transport.js";

/** Makes the unique id of a client, by which Deephaven Enterprise finds its nonce. */
export function createClientId(): ClientId {
  return create(ClientIdSchema, { name: "sallyport", uuid: crypto.getRandomValues(new Uint8Array(16)) });
}

const logInService = { typeName: AuthApi.typeName, remedy: "enterpriseRoutes(auth)" };

/** The result of a log-in. */
interface Held {
  readonly cookie: Uint8Array;
  /** The deadline by the server's clock, in milliseconds since 1970. */
  readonly deadline: bigint;
}

/** The assumed life of a cookie when the server does not answer a ping: the shortest that a server may give. */
const unknownLifeMs = 60_000;

/**
 * Makes the wire for Deephaven Enterprise. A log-in returns a cookie, which is refreshed half-way to its deadline until
 * `close`. The credentials are not kept, so the client does not log in again when the session has ended.
 */
export function createEnterpriseWire(options: ClientOptions): AuthWire {
  const { baseUrl, timeoutMs, keepAliveMs, delay } = options;
  let own: { close(): void } | undefined;
  const transport = openTransport(options.connection, { baseUrl, interceptors: [] }, (given) => {
    const made = createOwnGrpcTransport(given);
    own = made;
    return made.transport;
  });
  const api = createClient(AuthApi, transport);
  const clientId = createClientId();
  const refresh = createCookieRefresh(() => renew({ timeoutMs: refreshTimeoutMs }), delay);
  let held: Held | undefined;
  let closing = createClosing();

  function ready<T>(attempt: (how: CallAttempt) => Promise<T>, limitMs: number = timeoutMs): Promise<T> {
    return waitForReady(limitMs, options.wait, closing, attempt);
  }

  function forget(): void {
    held = undefined;
    refresh.stop();
  }

  function requireCookie(): Uint8Array {
    if (held === undefined) throw new ConnectError("log in first", Code.FailedPrecondition);
    return held.cookie;
  }

  async function logIn(method: LogInMethod): Promise<Caller> {
    const limitMs = method.kind === "external" ? method.waitMs : timeoutMs;
    const current = closing;
    const result = await ready((how) => authenticate(method, how), limitMs).catch((error: unknown) => {
      throw toLogInError(error, logInService);
    });
    if (result?.authenticated !== true) throw new AuthenticationFailedError("The log-in was refused.");
    const { cookie, cookieDeadlineTimeMillis: deadline, userContext } = result;
    if (current.isClosed) {
      await api.invalidateCookie({ cookie }, { timeoutMs }).catch(() => {});
      throw new ConnectError("the client was closed", Code.Canceled);
    }
    held = { cookie, deadline };
    if (keepAliveMs > 0) refresh.start(await lifeOf(deadline));
    return toCaller(userContext, schemes[method.kind]);
  }

  async function authenticate(method: LogInMethod, how: CallAttempt): Promise<AuthenticationResult | undefined> {
    switch (method.kind) {
      case "password": {
        const { user, password, operateAs = user } = method;
        const request = { clientId, userContext: toContext(user, operateAs), password };
        return (await api.authenticateByPassword(request, how)).result;
      }
      case "privateKey": {
        const { user, operateAs = user, publicKey, signNonce } = method.signer;
        const { nonce, ipAddress } = await api.getNonce({ clientId }, how);
        const challengeResponse = await signNonce(nonce);
        const key = concat(toUtf8("EC:"), publicKey);
        const answer = {
          clientId,
          userContext: toContext(user, operateAs),
          publicKey: key,
          challengeResponse,
          ipAddress,
        };
        return (await api.authenticateByPublicKey(answer, how)).result;
      }
      case "external":
        return (await api.authenticateByExternal({ clientId, key: method.key }, how)).result;
      default:
        return method satisfies never;
    }
  }

  /**
   * Returns the remaining life in milliseconds. It asks the server for its time, since the local clock may differ by
   * minutes.
   */
  async function lifeOf(deadline: bigint): Promise<number> {
    try {
      const { receiverReceiveTimeMillis: now } = await api.ping(
        { from: clientId.name },
        { timeoutMs: refreshTimeoutMs },
      );
      return Number(deadline - now);
    } catch {
      return unknownLifeMs;
    }
  }

  /**
   * Refreshes the cookie.
   *
   * @returns whether the cookie is valid
   */
  async function renew(how: Partial<CallAttempt>): Promise<boolean> {
    const before = held;
    if (before === undefined) return false;
    try {
      const answer = await api.refreshCookie({ cookie: before.cookie }, how);
      if (held !== before) return true; // another log-in happened meanwhile
      // Some servers return a new cookie.
      const cookie = answer.cookie.length > 0 ? answer.cookie : before.cookie;
      held = { cookie, deadline: answer.cookieDeadlineTimeMillis };
      refresh.extended(Number(held.deadline - before.deadline));
      return true;
    } catch (error) {
      if (!isDead(error)) throw error;
      if (held === before) forget();
      return false;
    }
  }

  return {
    transport,
    fetch: openFetch(options, createBearer()),
    token: undefined,
    logIn,
    whoAmI: () => Promise.reject(notHere("whoAmI")),

    ping: async () => held !== undefined && ready(renew),

    async getToken(service, { operateAs }) {
      const cookie = requireCookie();
      const { token } = await ready<{ readonly token?: Token | undefined }>((how) =>
        operateAs === undefined
          ? api.getToken({ cookie, service }, how)
          : api.getTokenAs({ cookie, service, operateAsUser: operateAs }, how),
      );
      if (token === undefined) throw new ConnectError("the server gave no token", Code.Internal);
      return hide({ service, value: toBase64(toBinary(TokenSchema, token)), expiresAt: undefined }, "value");
    },

    async redeemToken(value, service) {
      const token = parseToken(value);
      if (service === "") throw new ConnectError("give the name by which the service redeems it", Code.InvalidArgument);
      if (token === undefined) return undefined;
      const { tokenValid } = await ready((how) => api.verifyToken({ service, token }, how));
      // Sallyport's server has compared these names with those of the token. Another server may not have.
      return tokenValid ? { caller: toCaller(token.userContext, ""), sessionRef: undefined } : undefined;
    },

    openAs: () => Promise.reject(notHere("clientAs")),

    async close() {
      const cookie = held?.cookie;
      forget();
      closing.close();
      closing = createClosing();
      try {
        if (cookie !== undefined) await api.invalidateCookie({ cookie }, { timeoutMs });
      } catch (error) {
        throw toNetworkError(error);
      } finally {
        own?.close();
      }
    },
  };
}

const schemes: Readonly<Record<LogInMethod["kind"], string>> = {
  password: "basic",
  privateKey: "publickey",
  external: "external",
};

function toContext(authenticatedUser: string, effectiveUser: string): UserContext {
  return create(UserContextSchema, { authenticatedUser, effectiveUser });
}

function toCaller(user: UserContext | undefined, scheme: string): Caller {
  const { authenticatedUser = "", effectiveUser = "" } = user ?? {};
  const identity = { subject: effectiveUser };
  return authenticatedUser === effectiveUser
    ? create(CallerSchema, { identity, scheme })
    : create(CallerSchema, { identity, actor: { subject: authenticatedUser }, scheme });
}

function parseToken(value: string): Token | undefined {
  const bytes = fromBase64(value);
  try {
    return bytes && fromBinary(TokenSchema, bytes);
  } catch {
    return undefined;
  }
}

/** Whether the server says that the cookie is invalid: by its `AuthError`, since the status alone is ambiguous. */
function isDead(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  if (error.code === Code.Unauthenticated) return true;
  const header = error.metadata.get("io.deephaven.proto.auth.autherror-bin");
  return header !== null && decodeBinaryHeader(header, AuthErrorSchema).callStatus === CallStatus.NOT_AUTHENTICATED;
}

function notHere(name: string): ConnectError {
  return new ConnectError(`${name}: there is no such call in Deephaven Enterprise's log-in`, Code.Unimplemented);
}
