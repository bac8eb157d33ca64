import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { privateKey } from "../../src/handlers/private-key/private-key.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld, type World } from "../world.js";
import { TalkService } from "./talk-service.js";

export const rotateAfterMs = 10_000;
export const overlapMs = 1_000;
export const stragglerMs = 2_000;
export const absoluteMs = 3_600_000;

export const users: ReadonlyMap<string, string> = new Map([
  ["ada", "pass:word"],
  ["bob", "hunter2"],
]);

export interface Person {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly team: { readonly name: string; readonly size: number };
}

/** Whose keys are whose: fingerprints by user. Empty until a test fills it. */
export type EnrolledKeys = Map<string, string>;

/** An engine on the memory store, with a clock that only the test turns. */
export interface Engine extends World {
  readonly auth: Auth<Person>;
  /** How often a password was checked. */
  readonly verified: { count: number };
  /** Set to make the user directory, or the store, fail. */
  readonly broken: { verify: boolean; store: boolean };
  readonly enrolled: EnrolledKeys;
}

export function createEngine(): Engine {
  const world = createWorld();
  const verified = { count: 0 };
  const broken = { verify: false, store: false };
  const enrolled: EnrolledKeys = new Map();
  const toPerson = (subject: string): Person => ({ subject, roles: ["user"], team: { name: "blue", size: 2 } });
  const store = memory({ platform: world.platform });
  const auth = createAuth({
    handlers: [
      basic<Person>({
        verify(user, password) {
          verified.count++;
          if (broken.verify) throw new Error("the directory is down");
          return users.get(user) === password ? toPerson(user) : undefined;
        },
      }),
      privateKey<Person>({
        platform: world.platform,
        rawChallenges: true,
        keys: (user, { fingerprint }) => enrolled.get(user) === fingerprint && { identity: toPerson(user) },
      }),
    ],
    store: {
      ...store,
      loadSession(ref) {
        if (broken.store) throw new Error("the disk is gone");
        return store.loadSession(ref);
      },
    },
    platform: world.platform,
    rotateAfterMs,
    overlapMs,
    stragglerMs,
    idleMs: absoluteMs,
    absoluteMs,
    onEvent: () => {},
  });
  return { ...world, auth, verified, broken, enrolled };
}

/** What a call brought, and how often each method was called. */
export interface Talk {
  readonly calls: string[];
}

export function talkRoutes(auth: Auth<Person>, talk: Talk): (router: ConnectRouter) => void {
  return (router) => {
    authRoutes(auth)(router);
    router.service(TalkService, {
      say({ value }, context) {
        talk.calls.push(`say ${value}`);
        if (value === "fail") throw new ConnectError("the application says no", Code.PermissionDenied);
        return { value: `${auth.caller(context).identity.subject}: ${value}` };
      },
      async *count({ value }, context) {
        talk.calls.push(`count ${value}`);
        context.responseHeader.set("x-count", value);
        yield { value: "1" };
        if (value === "fail") {
          throw new ConnectError("expired", Code.Unauthenticated, { "sallyport-reason": "expired" });
        }
        if (value === "stay") await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        yield { value: "2" };
      },
      async gather(requests) {
        talk.calls.push("gather");
        let all = "";
        for await (const { value } of requests) all += value;
        return { value: all };
      },
      async *chat(requests) {
        talk.calls.push("chat");
        for await (const { value } of requests) yield { value };
      },
    });
  };
}

export interface Running extends Engine, Talk {
  readonly origin: string;
  close(): Promise<void>;
}

type NodeHandlerFn = ReturnType<typeof connectNodeAdapter>;

/**
 * A Connect server behind the door: HTTP/1 for Connect and gRPC-Web, HTTP/2 without TLS for gRPC.
 *
 * @param plain answers what is no RPC, behind the same door
 */
export async function start(version: 1 | 2 = 1, plain?: (auth: Auth<Person>) => RequestListener): Promise<Running> {
  const engine = createEngine();
  const calls: string[] = [];
  const routes = talkRoutes(engine.auth, { calls });
  const options = { routes, ...(plain && { fallback: plain(engine.auth) as NodeHandlerFn }) };
  const server =
    version === 1
      ? createServer(connectAuth(engine.auth, connectNodeAdapter, options))
      : createHttp2Server(connectAuth(engine.auth, connectNodeAdapter, options));
  const { origin, close } = await listen(server);
  return {
    ...engine,
    calls,
    origin,
    async close() {
      await close();
      await engine.auth.close();
    },
  };
}

/** Any routes behind the door of any engine. */
export async function serveRoutes(
  version: 1 | 2,
  auth: Auth,
  routes: (router: ConnectRouter) => void,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const listener = connectAuth(auth, connectNodeAdapter, { routes });
  const { origin, close } = await listen(version === 1 ? createServer(listener) : createHttp2Server(listener));
  return {
    origin,
    async close() {
      await close();
      await auth.close();
    },
  };
}

/** Listens on a free port; closing does not wait for clients. */
export async function listen(
  server: Server | Http2Server,
  at: number = 0,
): Promise<{ origin: string; close(): Promise<void> }> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket: { destroy(): unknown }) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
