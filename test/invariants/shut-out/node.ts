import { type ClientHttp2Session, connect } from "node:http2";
import type { Platform } from "../../../src/base/platform.js";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import { createInternals } from "../../../src/engine/front.js";
import { createUpstreams } from "../../../src/gateway/forward/upstreams.js";
import { createListeners } from "../../../src/gateway/listen/listeners.js";
import { parseTrustedProxies } from "../../../src/gateway/route/forwarded.js";
import { createRouteTable } from "../../../src/gateway/route/routes.js";
import { createRequestHandler } from "../../../src/gateway/run/handle-request.js";
import { createOpenStreams } from "../../../src/gateway/run/open-streams.js";
import type { Handler } from "../../../src/handlers/handler.js";
import type { KeyRing } from "../../../src/keys/key-ring.js";
import type { Identity } from "../../../src/model/identity.js";
import type { Store } from "../../../src/model/store.js";
import { route } from "../../gateway/fixtures.js";
import type { Busy } from "./busy.js";
import type { StreamingUpstreams } from "./upstreams.js";

/** Short durations: what the defaults bound by minutes is bound by these. */
export const durations = {
  rotateAfterMs: 400_000,
  overlapMs: 5_000,
  stragglerMs: 20_000,
  idleMs: 3_600_000,
  absoluteMs: 7_200_000,
  recheckMs: 30_000,
  recheckStaleMs: 180_000,
} as const;

const limits = {
  ...{ headersTimeoutMs: 60_000, readTimeoutMs: 60_000, stopTimeoutMs: 0, maxConnections: 1_000 },
  ...{ maxHeaderBytes: 65_536, maxAuthorizationLength: 16_384 },
};

/** A gateway as a process runs it. Its engine is made anew by a reload; what outlives a reload stays. */
export interface Node {
  readonly auth: Auth<Identity>;
  readonly origin: string;
  /** To the gateway, over HTTP/2. */
  readonly client: ClientHttp2Session;
  /** Takes other handlers, as a reload of the configuration does. */
  reload(handlers: readonly Handler<Identity>[]): void;
  close(): Promise<void>;
}

export interface NodeParts {
  readonly platform: Platform;
  readonly keys: KeyRing;
  readonly store: Store;
  readonly busy: Busy;
  readonly upstreams: StreamingUpstreams;
}

const routes = createRouteTable([
  route({ path: "/grpc" }, { roles: ["user"], upstream: "grpc" }),
  route({ path: "/" }, { roles: ["user"] }),
]);

export async function startNode(
  handlers: readonly Handler<Identity>[],
  { platform, keys, store, busy, upstreams: { configs } }: NodeParts,
): Promise<Node> {
  const internals = createInternals();
  const streams = createOpenStreams(platform);
  const upstreams = createUpstreams(configs);
  const trust = parseTrustedProxies(["127.0.0.1"]);
  const shared: Store = { ...busy.watch(store), close: () => {} };
  const engines: Auth<Identity>[] = [];

  function make(now: readonly Handler<Identity>[]) {
    const watched = now.map((handler) => busy.watch(handler));
    const options = { handlers: watched, store: shared, platform, keys, ...durations, onEvent: () => {} };
    const auth = createAuth(options, internals) as Auth<Identity>;
    engines.push(auth);
    const judge = { auth, routes };
    const handler = createRequestHandler({
      // Its own clocks bound what a peer on the network may take, and are not turned.
      ...{ auth, upstreams, routes, trust },
      hold: (stream, end) => streams.hold(judge, stream, end),
    });
    streams.judgeBy(judge);
    return { auth, handler };
  }

  let state = make(handlers);
  const listeners = await createListeners(
    { listen: [{ host: "127.0.0.1", port: 0, tls: undefined }], limits },
    state.handler,
  );
  const origin = `http://127.0.0.1:${listeners.addresses()[0]?.port}`;
  const client = connect(origin);
  client.on("error", () => {});
  return {
    origin,
    client,
    get auth() {
      return state.auth;
    },
    reload(now) {
      state = make(now);
      listeners.swap(state.handler);
    },
    async close() {
      client.destroy();
      await listeners.stop();
      await upstreams.destroy();
      for (const auth of engines) await auth.close();
      await store.close();
    },
  };
}
