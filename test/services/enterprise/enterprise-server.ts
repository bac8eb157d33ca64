import assert from "node:assert/strict";
import { createServer } from "node:http2";
import type { TestContext } from "node:test";
import { create, fromBinary } from "@bufbuild/protobuf";
import { type Client, ConnectError, type ConnectRouter, createClient, decodeBinaryHeader } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { connectAuth } from "../../../src/adapters/connect.js";
import type { TrustProxy } from "../../../src/adapters/node/request.js";
import type { AuthOptions } from "../../../src/engine/options.js";
import {
  AuthErrorSchema,
  type AuthenticationResult,
  type CallStatus,
  type Token,
  type UserContext,
  UserContextSchema,
} from "../../../src/gen/io/deephaven/proto/auth/auth_pb.js";
import { AuthApi } from "../../../src/gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { privateKey } from "../../../src/handlers/private-key/private-key.js";
import type { AuthEvent } from "../../../src/model/events.js";
import { authRoutes } from "../../../src/services/auth/auth-service.js";
import { enterpriseRoutes } from "../../../src/services/enterprise/deephaven-enterprise.js";
import type { EnterpriseOptions } from "../../../src/services/enterprise/options.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { type OperateAsWorld, start as startWorld, type User } from "../../policies/operate-as/operate-as-world.js";
import { createWorld } from "../../world.js";
import { listen } from "../server.js";

export interface EnterpriseWorld extends OperateAsWorld {
  readonly origin: string;
  readonly api: Client<typeof AuthApi>;
  readonly events: AuthEvent[];
  /** Set to make the user directory, or the store, fail. */
  readonly broken: { verify: boolean; store: boolean };
  /** Fingerprints by user. */
  readonly enrolled: Map<string, string>;
}

export const minute = 60_000;

/**
 * Both services behind the door, over gRPC without TLS. Everybody's password is their name; ada may operate as bob, and carol
 * redeems the tickets of the worker.
 */
export async function start(
  context: TestContext,
  options: EnterpriseOptions = {},
  authOptions: Partial<AuthOptions<Handler<User>>> = {},
  trustProxy: TrustProxy = () => false,
): Promise<EnterpriseWorld> {
  const { platform, advance } = createWorld();
  const broken = { verify: false, store: false };
  const enrolled = new Map<string, string>();
  const users = new Map<string, User>();
  const inner = memory({ platform });
  const failing = <T extends (...given: never[]) => unknown>(method: T): T =>
    ((...given: never[]) => {
      if (broken.store) throw new Error("the disk is gone");
      return method(...given);
    }) as T;
  const world = startWorld([{ actors: ["ada"], targets: ["bob"] }], {
    platform,
    store: {
      ...inner,
      loadSession: failing(inner.loadSession),
      put: failing(inner.put),
      take: failing(inner.take),
    },
    handlers: [
      basic<User>({
        verify(user, password) {
          if (broken.verify) throw new Error("the directory is down");
          return user === password ? users.get(user) : null;
        },
      }),
      privateKey<User>({
        platform,
        rawChallenges: true,
        allowLegacyDsa: true,
        keys(user, { fingerprint }) {
          const identity = users.get(user);
          return enrolled.get(user) === fingerprint && identity !== undefined && { identity };
        },
      }),
    ],
    ...authOptions,
  });
  for (const [name, user] of world.users) users.set(name, user);
  const enterprise = enterpriseRoutes(world.auth, { platform, verifyTokenFrom: "anyone", ...options });
  const own = authRoutes(world.auth, {
    servicesOf: ({ identity }) => (identity.subject === "carol" ? ["worker"] : []),
  });
  const routes = (router: ConnectRouter) => {
    own(router);
    enterprise(router);
  };
  const server = await listen(
    createServer(connectAuth(world.auth, connectNodeAdapter, { routes, platform, trustProxy })),
  );
  context.after(async () => {
    await server.close();
    await world.auth.close();
  });
  return {
    ...world,
    platform,
    advance,
    origin: server.origin,
    api: createClient(AuthApi, createGrpcTransport({ baseUrl: server.origin })),
    broken,
    enrolled,
  };
}

export const named = (authenticatedUser: string, effectiveUser: string = authenticatedUser): UserContext =>
  create(UserContextSchema, { authenticatedUser, effectiveUser });

export const clientId: { readonly name: string; readonly uuid: Uint8Array } = {
  name: "a test",
  uuid: new Uint8Array(16).fill(7),
};

/** Logs in by password; a refusal fails the test. */
export async function logIn({ api }: EnterpriseWorld, user: string, as?: string): Promise<AuthenticationResult> {
  const { result } = await api.authenticateByPassword({ clientId, userContext: named(user, as), password: user });
  assert.ok(result?.authenticated);
  return result;
}

/** A one-time token; a refusal fails the test. */
export async function issue({ api }: EnterpriseWorld, cookie: Uint8Array, service = "worker"): Promise<Token> {
  const { token } = await api.getToken({ cookie, service });
  assert.ok(token);
  return token;
}

export interface Failure {
  readonly code: number;
  readonly callStatus: CallStatus;
  readonly reason: string | null;
  readonly error: ConnectError;
}

/** How a call failed, in both languages. */
export async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConnectError);
  const header = error.metadata.get("io.deephaven.proto.auth.autherror-bin");
  assert.ok(header !== null, "every failure carries an AuthError");
  const { callStatus, message } = fromBinary(AuthErrorSchema, decodeBinaryHeader(header));
  assert.equal(message, error.rawMessage);
  return { code: error.code, callStatus, reason: error.metadata.get("sallyport-reason"), error };
}
