import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Awaitable, after, rescue, withinTime } from "../../base/awaitable.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import {
  AuthenticationConstantsResponseSchema,
  ConfigurationConstantsResponseSchema,
  type ConfigValue,
  ConfigValueSchema,
} from "../../gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import {
  CloseSessionResponseSchema,
  HandshakeRequestSchema,
  HandshakeResponseSchema,
  TerminationNotificationResponseSchema,
} from "../../gen/io/deephaven/proto/backplane/grpc/session_pb.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { firstOf } from "../../model/raw-headers.js";
import { type RpcCall, type RpcMethod, type RpcService, refuse } from "../../model/rpc-service.js";
import { type SessionRules, type SessionRulesOptions, sessionRulesKinds } from "../../sessions/rules.js";
import { toDurationMs, toWireRules } from "../wire-rules.js";

/** Options of `deephavenCoreServices`. */
export interface DeephavenCoreOptions {
  /**
   * The durations (milliseconds) and policy of sessions that open here. Default: the engine's durations, with the
   * policy `overlapping`, since a client may keep its first token. Clients get `idleMs - rotateAfterMs` as their
   * session's duration, and come back after half of it.
   */
  readonly session?: SessionRulesOptions | undefined;
  /**
   * The class names by which web pages choose how to log in. Default: the aliases and schemes of `createAuth` that
   * contain a dot.
   */
  readonly authHandlers?: readonly string[] | undefined;
  /** Further settings that every client may read without credentials. They must hold no secret. Default: none. */
  readonly authenticationConstants?: Readonly<Record<string, string>> | undefined;
  /** Further settings for authenticated callers. Default: none. */
  readonly configurationConstants?: Readonly<Record<string, string>> | undefined;
  /**
   * Returns the settings of the server behind this one, for authenticated callers: those above replace them. They are left
   * out when they fail, or do not come within half of `overlapMs`: an answer that is later may not carry its token. Default:
   * none.
   */
  readonly upstreamConstants?: (() => Awaitable<Readonly<Record<string, string>>>) | undefined;
  /**
   * Aborted when the server is about to stop: calls that wait for the end of their session are then answered. Default:
   * none.
   */
  readonly signal?: AbortSignal | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const coreKinds: OptionKinds<DeephavenCoreOptions> = {
  session: sessionRulesKinds,
  authHandlers: "strings",
  authenticationConstants: "object",
  configurationConstants: "object",
  upstreamConstants: "function",
  signal: "object",
  platform: "object",
};

const backplane = "io.deephaven.proto.backplane.grpc";

/** The paths that `deephavenCoreServices` answers. */
export const deephavenCoreProcedures: readonly string[] = [
  `/${backplane}.ConfigService/GetAuthenticationConstants`,
  `/${backplane}.ConfigService/GetConfigurationConstants`,
  `/${backplane}.SessionService/NewSession`,
  `/${backplane}.SessionService/RefreshSessionToken`,
  `/${backplane}.SessionService/CloseSession`,
  `/${backplane}.SessionService/TerminationNotification`,
];

/**
 * Makes `ConfigService` and `SessionService` of Deephaven Core, for `grpcAuth`: the methods by which its clients log
 * in, keep a session alive and log out.
 *
 * @throws {AuthError} `invalid_options` for durations that contradict each other
 */
export function deephavenCoreServices<I extends Identity>(
  auth: Auth<I>,
  options: DeephavenCoreOptions = {},
): readonly RpcService<I>[] {
  requireAuth("deephavenCoreServices", auth);
  requireOptions("deephavenCoreServices", options, coreKinds);
  const rules = toWireRules(auth.front.rules, options.session);
  return [
    { name: `${backplane}.ConfigService`, rules, methods: createConfigService(auth, options, rules) },
    { name: `${backplane}.SessionService`, rules, methods: createSessionService(options, rules) },
  ];
}

const none: Readonly<Record<string, string>> = Object.freeze({});

type Methods<I extends Identity> = ReadonlyMap<string, RpcMethod<I>>;

function createConfigService<I extends Identity>(
  { front: { schemes } }: Pick<Auth<I>, "front">,
  options: DeephavenCoreOptions,
  rules: SessionRules,
): Methods<I> {
  const authHandlers = options.authHandlers ?? [...schemes.keys()].filter((name) => name.includes("."));
  const forEverybody = toBinary(
    AuthenticationConstantsResponseSchema,
    create(AuthenticationConstantsResponseSchema, {
      configValues: toValues({ ...options.authenticationConstants, AuthHandlers: authHandlers.join(",") }),
    }),
  );
  const { upstreamConstants } = options;
  const own = { ...options.configurationConstants, "http.session.durationMs": String(toDurationMs(rules)) };
  const toAnswer = (constants: Readonly<Record<string, string>>): Uint8Array =>
    encode(ConfigurationConstantsResponseSchema, { configValues: toValues(constants) });
  const forCallers = toAnswer(own);
  const { platform = systemPlatform } = options;
  const theirs = (tell: NonNullable<typeof upstreamConstants>) =>
    rescue(
      () => withinTime(tell(), platform, rules.overlapMs / 2),
      () => none,
    );
  const answer =
    upstreamConstants === undefined
      ? () => forCallers
      : () => after(theirs(upstreamConstants), (found) => toAnswer({ ...found, ...own }));
  return new Map<string, RpcMethod<I>>([
    ["GetAuthenticationConstants", { kind: "unary", anonymous: true, answer: () => forEverybody }],
    ["GetConfigurationConstants", { kind: "unary", answer }],
  ]);
}

function createSessionService<I extends Identity>(options: DeephavenCoreOptions, rules: SessionRules): Methods<I> {
  const { platform = systemPlatform, signal } = options;
  const waiting = new Set<() => void>();
  // One listener for all calls: Node warns of a leak when there are many.
  signal?.addEventListener("abort", () => {
    for (const answer of waiting) answer();
  });

  /**
   * Returns the caller's current token. The headers have authenticated the caller; this method opens no session by
   * itself.
   */
  function current(message: Uint8Array, { request, offer }: RpcCall<I>): Uint8Array | Denial {
    const refused = refuseProtocol(message);
    if (refused !== undefined) return refused;
    const value = offer === undefined ? firstOf(request.rawHeaders, "authorization") : `${offer.scheme} ${offer.token}`;
    const durationMs = toDurationMs(rules);
    return encode(HandshakeResponseSchema, {
      metadataHeader: Buffer.from("Authorization"),
      sessionToken: Buffer.from(value ?? "", "latin1"),
      tokenDeadlineTimeMillis: BigInt(Math.floor(platform.now()) + durationMs),
      tokenExpirationDelayMillis: BigInt(durationMs),
    });
  }

  return new Map<string, RpcMethod<I>>([
    ["NewSession", { kind: "unary", answer: current }],
    ["RefreshSessionToken", { kind: "unary", answer: current }],
    [
      "CloseSession",
      {
        kind: "unary",
        // A caller with other credentials than a session token has no session, and must not open one here.
        opens: false,
        async answer(message, { caller }) {
          const refused = refuseProtocol(message);
          if (refused !== undefined) return refused;
          await caller?.session?.end();
          return encode(CloseSessionResponseSchema, {});
        },
      },
    ],
    [
      "TerminationNotification",
      {
        kind: "unary",
        answer: (_message, call) => (signal?.aborted === true ? stopping : untilEnd(call, waiting)),
      },
    ],
  ]);
}

/**
 * Waits for the end of the session or the server. Web pages keep this call open: an answer means that the server stops,
 * a refusal that their session is over.
 */
function untilEnd<I extends Identity>(
  { caller, onGone }: RpcCall<I>,
  waiting: Set<() => void>,
): Promise<Uint8Array | Denial> {
  return new Promise((resolve) => {
    const stop = () => resolve(stopping);
    const forget = caller?.session?.onEnd(() => resolve(sessionOver));
    waiting.add(stop);
    onGone(() => {
      forget?.();
      waiting.delete(stop);
    });
  });
}

const stopping = toBinary(
  TerminationNotificationResponseSchema,
  create(TerminationNotificationResponseSchema, { reason: "The server is about to stop." }),
);

const sessionOver = refuse("unauthenticated", "revoked", "The session is over. Log in again.");

/** Refuses every protocol version but 0, the only one that exists. */
function refuseProtocol(message: Uint8Array): Denial | undefined {
  try {
    return fromBinary(HandshakeRequestSchema, message).authProtocol === 0 ? undefined : notAllowed;
  } catch {
    return malformed;
  }
}

const notAllowed = refuse("invalid_argument", "bad_request", "Protocol version not allowed.");

const malformed = refuse("invalid_argument", "bad_request", "The message is no HandshakeRequest.");

function encode<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Uint8Array {
  return toBinary(schema, create(schema, init));
}

function toValues(constants: Readonly<Record<string, string>>): Record<string, ConfigValue> {
  const entries = Object.entries(constants).map(([name, value]) => {
    const kind = { case: "stringValue", value } as const;
    return [name, create(ConfigValueSchema, { kind })] as const;
  });
  return Object.fromEntries(entries);
}
