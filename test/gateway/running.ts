import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import type { UpstreamConfig } from "../../src/gateway/forward/upstream-config.js";
import { createUpstreams, type Upstreams } from "../../src/gateway/forward/upstreams.js";
import { createListeners } from "../../src/gateway/listen/listeners.js";
import type { ServicesConfig } from "../../src/gateway/own/own-config.js";
import { parseTrustedProxies } from "../../src/gateway/route/forwarded.js";
import type { AnswerRecord, RequestOutcome as Outcome } from "../../src/gateway/route/outcome.js";
import type { RouteConfig } from "../../src/gateway/route/route-config.js";
import { createRouteTable } from "../../src/gateway/route/routes.js";
import type { RequestHandler } from "../../src/gateway/run/handle-options.js";
import { createRequestHandler } from "../../src/gateway/run/handle-request.js";
import { basic } from "../../src/handlers/password/basic.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import { randomKeys } from "../../src/keys/key-ring.js";
import type { Identity } from "../../src/model/identity.js";
import { memory } from "../../src/stores/memory/memory.js";
import { listen } from "../adapters/servers.js";
import { route } from "./fixtures.js";

/** What an upstream saw. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface RunningOptions {
  readonly routes?: readonly RouteConfig[];
  /** Answers instead of the echo. */
  readonly serve?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly upstream?: Partial<UpstreamConfig>;
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocol?: boolean;
  readonly services?: ServicesConfig;
  /** Replaces the engine. */
  readonly auth?: Auth<Identity>;
  readonly platform?: Platform;
}

export interface Running {
  readonly auth: Auth<Identity>;
  readonly handler: RequestHandler;
  /** Both on one port. */
  readonly http1: string;
  readonly http2: string;
  /** What the listeners caught: none is expected. */
  readonly faults: readonly unknown[];
  readonly upstreamServer: Server;
  readonly upstreams: Upstreams;
  /** Requests that the upstream saw in full. */
  readonly seen: Seen[];
  readonly outcomes: Outcome[];
  /** Of the same requests. */
  readonly answered: AnswerRecord[];
  /** `Authorization` with a live session of `ada`, who has the role `user`. */
  readonly bearer: string;
  readonly password: string;
  close(): Promise<void>;
}

/** Of the scheme `Key`. */
export const robotKey = "u7Qm2Zx9Lr4Wc8Tn1Vb6Ky3Hp5Jd0Gs";

export const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

export function createTestAuth(): Auth<Identity> {
  return createAuth({
    handlers: [
      basic({
        verify: (user, password) =>
          password === "pw" && { subject: user, roles: user === "root" ? ["admin", "user"] : ["user"] },
      }),
      preSharedKey({ scheme: "Key", keys: { robot: { key: robotKey } } }),
    ],
    store: memory(),
    keys: randomKeys(),
  }) as Auth<Identity>;
}

/** A gateway, in front of an upstream that echoes and remembers. */
export async function startGateway(options: RunningOptions = {}): Promise<Running> {
  const { platform = systemPlatform } = options;
  const trust = parseTrustedProxies(options.trustedProxies ?? []);
  const seen: Seen[] = [];
  const outcomes: Outcome[] = [];
  const answered: AnswerRecord[] = [];
  const upstreamServer = createServer({ keepAliveTimeout: 60_000 }, options.serve ?? echo(seen));
  if (options.onUpgrade) upstreamServer.on("upgrade", options.onUpgrade);
  const upstream = await listen(upstreamServer);
  const auth = options.auth ?? createTestAuth();
  const config: UpstreamConfig = {
    name: "app",
    origin: upstream.origin,
    identity: "headers",
    ignoresCase: false,
    via: true,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
    maxConnections: 64,
    maxHeaderBytes: 65_536,
    ...options.upstream,
  };
  const upstreams = createUpstreams(new Map([["app", config]]), platform);
  const handler = createRequestHandler({
    auth,
    upstreams,
    routes: createRouteTable(options.routes ?? [route({ path: "/open" }, { anonymous: true }), route()]),
    trust,
    platform,
    ...(options.services && { services: options.services }),
    onAnswered(_request, outcome, answer) {
      outcomes.push(outcome);
      answered.push(answer);
    },
  });
  const faults: unknown[] = [];
  const listeners = await createListeners(
    {
      listen: [{ host: "127.0.0.1", port: 0, tls: undefined, proxyProtocol: options.proxyProtocol }],
      limits: {
        headersTimeoutMs: 10_000,
        readTimeoutMs: 60_000,
        stopTimeoutMs: 0,
        maxConnections: 10_000,
        maxHeaderBytes: 16_384,
        maxAuthorizationLength: 16_384,
      },
    },
    handler,
    { platform, onFault: (_what, error) => faults.push(error) },
  );
  const origin = `http://127.0.0.1:${listeners.addresses()[0]?.port}`;
  return {
    auth,
    handler,
    http1: origin,
    http2: origin,
    faults,
    upstreamServer,
    upstreams,
    seen,
    outcomes,
    answered,
    bearer: options.auth ? "Bearer ada" : `Bearer ${await logIn(auth)}`,
    password: basicOf("ada", "pw"),
    async close() {
      await listeners.stop();
      await upstreams.destroy();
      await upstream.close();
      await auth.close();
    },
  };
}

export async function logIn(auth: Auth<Identity>, user = "ada"): Promise<string> {
  const context = { peer: { address: "", trusted: false }, target: { method: "POST", path: "/" } };
  const payload = Buffer.from(`${user}:pw`).toString("base64");
  const opened = await auth.logIn({ scheme: "basic", payload }, context);
  if (opened.kind !== "opened") throw new Error(`log-in was ${opened.kind}`);
  return opened.token;
}

/** Answers 200 with what it saw, as JSON. */
function echo(seen: Seen[]): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", rawHeaders } = request;
      const entry: Seen = { method, url, rawHeaders, body: Buffer.concat(chunks).toString("latin1") };
      seen.push(entry);
      const text = JSON.stringify(entry);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    });
  };
}

/** The values of a header that an upstream saw. */
export function valuesOf(seen: Pick<Seen, "rawHeaders"> | undefined, name: string): string[] {
  const { rawHeaders = [] } = seen ?? {};
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
