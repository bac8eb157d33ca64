import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Awaitable, after } from "../../base/awaitable.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import { HandshakeRequestSchema, HandshakeResponseSchema } from "../../gen/arrow/flight/protocol/flight_pb.js";
import { WrappedAuthenticationRequestSchema } from "../../gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { LogInCredentials, LogInOutcome } from "../../model/log-in.js";
import { indexOfField } from "../../model/raw-headers.js";
import {
  type Conversation,
  type Reply,
  type RpcCall,
  type RpcMethod,
  type RpcService,
  refuse,
} from "../../model/rpc-service.js";
import { isSessionToken, type Session } from "../../model/session.js";
import { type SessionRules, type SessionRulesOptions, sessionRulesKinds } from "../../sessions/rules.js";
import { toWireRules } from "../wire-rules.js";
import { readBasicAuth } from "./basic-auth.js";

/** Options of `flightServices`. */
export interface FlightOptions {
  /**
   * The durations (milliseconds) and policy of sessions that open here. Default: the engine's durations, with the
   * policy `overlapping`, since a client may keep the token of its handshake for good.
   */
  readonly session?: SessionRulesOptions | undefined;
  /**
   * Whether after a log-in by messages the stream stays open until the client half-closes, and each further message may
   * renew the token. Default: `false`, the stream ends with the token, as in Deephaven; its Go client needs `true`.
   */
  readonly keepOpen?: boolean | undefined;
}

const flightKinds: OptionKinds<FlightOptions> = { session: sessionRulesKinds, keepOpen: "boolean" };

const service = "arrow.flight.protocol.FlightService";

/** The paths that `flightServices` answers. */
export const flightProcedures: readonly string[] = [`/${service}/Handshake`];

/** The most messages before a log-in. A client that sends more is guessing. */
const maxMessages = 8;

/**
 * Makes Arrow Flight's `Handshake`, for `grpcAuth`: clients log in by an `authorization` header or by messages
 * (`BasicAuth`, or a payload wrapped with the name of its scheme), or renew a token. With `carriers: { authTokenBin:
 * true }` of `createAuth`, clients may send the token back in `auth-token-bin` as well.
 *
 * Base64 without padding is accepted here, since some clients send it; other entries refuse it.
 *
 * @throws {AuthError} `invalid_options` for durations that contradict each other
 */
export function flightServices<I extends Identity>(
  auth: Auth<I>,
  options: FlightOptions = {},
): readonly RpcService<I>[] {
  requireAuth("flightServices", auth);
  requireOptions("flightServices", options, flightKinds);
  const { keepOpen = false } = options;
  const rules = toWireRules(auth.front.rules, options.session);
  const methods = new Map<string, RpcMethod<I>>([
    [
      "Handshake",
      {
        kind: "stream",
        anonymous: true,
        begin: (call) => (call.caller === undefined ? createHandshake(auth, call, rules, keepOpen) : loggedIn),
      },
    ],
  ]);
  return [{ name: service, rules, toRawHeaders: padBasic, methods }];
}

/**
 * The conversation after a log-in by the header. The token is in the response headers, and no message is sent, since
 * some clients fail on one.
 */
const loggedIn: Conversation = { receive: () => undefined, end: () => undefined };

function createHandshake<I extends Identity>(
  auth: Auth<I>,
  { request, onGone }: RpcCall<I>,
  rules: SessionRules,
  keepOpen: boolean,
): Conversation {
  const gone = new AbortController();
  onGone(() => gone.abort());
  const { peer, rawHeaders } = request;
  const context = { peer, target: request, rawHeaders, rules, signal: gone.signal };
  let pending: { readonly scheme: string; readonly challenge: { round: number; state: unknown } } | undefined;
  let succeeded = false;
  let messages = 0;

  function logIn(
    credentials: LogInCredentials,
    challenge?: { round: number; state: unknown },
  ): Awaitable<Reply | Denial> {
    return auth
      .logIn({ ...credentials, exact: true }, challenge === undefined ? context : { ...context, challenge })
      .then((outcome) => answer(credentials.scheme, outcome));
  }

  function answer(scheme: string, outcome: LogInOutcome<I>): Reply | Denial {
    switch (outcome.kind) {
      case "opened":
        return welcome(outcome.token, outcome.session);
      case "challenged": {
        const { round, state, payload } = outcome;
        pending = { scheme, challenge: { round, state } };
        return { kind: "reply", message: toResponse(payload), last: false };
      }
      case "denied":
        return outcome;
      default:
        return outcome satisfies never;
    }
  }

  function welcome(token: string, session: Session | undefined): Reply {
    succeeded = true;
    pending = undefined;
    return { kind: "reply", message: toResponse(Buffer.from(token, "latin1")), last: !keepOpen, session };
  }

  /** Renews a session token: returns the current token of a live session. */
  function renew(token: string): Awaitable<Reply | Denial> {
    const rawHeaders = [...request.rawHeaders, "authorization", `Bearer ${token}`];
    return after(auth.authenticate({ ...request, rawHeaders }, { open: rules }), (decision) => {
      if (decision.kind === "denied") return decision;
      if (decision.kind === "anonymous") return malformed;
      return welcome(decision.offer?.token ?? token, decision.caller.session);
    });
  }

  return {
    receive(message) {
      messages += 1;
      if (messages > maxMessages && !succeeded) return tooMany;
      const payload = readPayload(message);
      if (payload === undefined) return malformed;
      const wrapped = readWrapped(payload);
      if (pending !== undefined) {
        const { scheme, challenge } = pending;
        return logIn({ scheme, payload: wrapped?.type === scheme ? wrapped.payload : payload }, challenge);
      }
      const userPass = readBasicAuth(payload);
      if (userPass !== undefined) return logIn({ scheme: "Basic", payload: userPass });
      // A payload that is neither has no type, and is refused like an unknown scheme.
      const { type, payload: inner } = wrapped ?? { type: "", payload };
      const text = Buffer.from(inner).toString("latin1");
      if (type === "Bearer" && isSessionToken("bearer", text)) return renew(text);
      if (auth.front.schemes.get(type) !== "basic") return logIn({ scheme: type, payload: inner });
      // Go's Deephaven client sends `user:password` itself.
      return logIn({ scheme: type, payload: readBasicAuth(inner) ?? Buffer.from(inner).toString("base64") });
    },
    end() {
      if (succeeded) return undefined;
      return after(auth.authenticate(request), (decision) => (decision.kind === "denied" ? decision : undefined));
    },
  };
}

function toResponse(payload: Uint8Array): Uint8Array {
  return toBinary(HandshakeResponseSchema, create(HandshakeResponseSchema, { payload }));
}

function readPayload(message: Uint8Array): Uint8Array | undefined {
  try {
    return fromBinary(HandshakeRequestSchema, message).payload;
  } catch {
    return undefined;
  }
}

function readWrapped(payload: Uint8Array): { readonly type: string; readonly payload: Uint8Array } | undefined {
  try {
    return fromBinary(WrappedAuthenticationRequestSchema, payload);
  } catch {
    return undefined;
  }
}

const malformed = refuse("invalid_argument", "bad_request", "The message is no HandshakeRequest.");

const tooMany = refuse("resource_exhausted", "bad_request", "Too many messages without a log-in.");

const unpadded = /^(\s*basic +)((?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,3})(\s*)$/i;

/** Adds the padding that ADBC leaves out. The handler checks that the rest is strict base64. */
function padBasic(rawHeaders: readonly string[]): readonly string[] {
  // A second one is refused whatever it says.
  const index = indexOfField(rawHeaders, "authorization");
  const match = index === -1 ? null : unpadded.exec(rawHeaders[index + 1] as string);
  if (match === null) return rawHeaders;
  const [, scheme = "", text = ""] = match;
  return rawHeaders.with(index + 1, scheme + text.padEnd(Math.ceil(text.length / 4) * 4, "="));
}
