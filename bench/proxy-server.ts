// A process that proxies to an upstream of its own: `proxy-server.js <name> <directory>`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SpanExporter } from "@opentelemetry/sdk-trace-base";
import { Pool } from "undici";
import { systemPlatform } from "../src/base/platform.js";
import { createUpstreams } from "../src/gateway/forward/upstreams.js";
import { createListeners } from "../src/gateway/listen/listeners.js";
import { createLog } from "../src/gateway/observe/log.js";
import { measureStore } from "../src/gateway/observe/measured-store.js";
import type { BeginSpan } from "../src/gateway/observe/spans.js";
import { createTelemetry } from "../src/gateway/observe/telemetry.js";
import { parseTrustedProxies } from "../src/gateway/route/forwarded.js";
import { createRouteTable } from "../src/gateway/route/routes.js";
import { createRequestHandler } from "../src/gateway/run/handle-request.js";
import { memory } from "../src/stores/memory/memory.js";
import { createEngine, type Engine } from "./engine.js";
import { serveAsks } from "./messages.js";
import type { ProxyName } from "./rows.js";

const [, , name, directory] = process.argv as (string | undefined)[] as [string, string, ProxyName, string];

/** More than calls under way at once, for both: nobody waits for a connection. */
const maxConnections = 64;

const engine = name !== "proxy" ? await createEngine(join(directory, `${name}.db`), true) : undefined;
const upstream = fork(fileURLToPath(new URL("./upstream.js", import.meta.url)), [engine ? "identified" : "plain"]);
const [upstreamPort] = await once(upstream, "message");
const origin = `http://127.0.0.1:${upstreamPort}`;

const { port } = engine === undefined ? await listenPassThrough() : await listenGateway(engine);
const counts = engine?.counts ?? { reads: 0, writes: 0, checks: 0 };
serveAsks({ port, authorizations: engine?.authorizations ?? [] }, counts, async () => {});

async function listenPassThrough(): Promise<{ readonly port: number }> {
  const server = createServer(createPassThrough());
  // Node closes a connection that was idle for 5 s, or 60 s before its first request; these wait while other rows have
  // their turn.
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address() as AddressInfo;
}

/** Headers and body as they come, and no more: the floor for a proxy on undici. */
function createPassThrough(): RequestListener {
  const pool = new Pool(origin, { connections: maxConnections, pipelining: 1 });
  return ({ url = "/", method = "GET", rawHeaders }, response) => {
    const headers = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== "connection");
    pool.dispatch(
      { path: url, method, headers },
      {
        onRequestStart: () => {},
        onResponseStart(_controller, status, { connection: _, "keep-alive": __, ...fields }) {
          response.writeHead(status, fields);
        },
        onResponseData: (_controller, chunk) => void response.write(chunk),
        onResponseEnd: () => void response.end(),
        onResponseError: () => response.destroy(),
      },
    );
  };
}

/** The gateway as its users run it: with listeners, their guards over slow clients, metrics, and a log at `info`. */
async function listenGateway({ auth }: Engine): Promise<{ readonly port: number }> {
  const times = { connectTimeoutMs: 2_000, headersTimeoutMs: 30_000, bodyTimeoutMs: 30_000 };
  const config = {
    name: "app",
    origin,
    identity: "headers",
    ignoresCase: false,
    via: true,
    maxConnections,
    maxHeaderBytes: 65_536,
    ...times,
  } as const;
  const match = { host: undefined, path: "/", methods: [] };
  const open = {
    anonymous: false,
    roles: [],
    scopes: [],
    schemes: [],
    stepUp: undefined,
    forwardAuthorization: false,
    line: 1,
  };
  const logged = name === "gateway-silent" ? 0 : 1;
  const telemetry = createTelemetry(createLog({ level: "info", requests: logged, format: "json" }), systemPlatform, {
    openConnections: () => 0,
    openStreams: () => 0,
    upstreams: () => [],
    outside: () => [],
    logShare: () => logged,
    stopping: () => false,
    obstacle: () => undefined,
    store: () => measureStore(memory(), systemPlatform, () => {}),
  });
  const handler = createRequestHandler({
    auth,
    upstreams: createUpstreams(new Map([[config.name, config]])),
    routes: createRouteTable([{ match, upstream: config.name, ...open }]),
    trust: parseTrustedProxies([]),
    onAnswered: telemetry.onAnswered,
    ...(name === "gateway-spans" && { beginSpan: await openSpans() }),
  });
  // Connections wait while other rows have their turn.
  const limits = { headersTimeoutMs: 3_600_000, readTimeoutMs: 60_000, stopTimeoutMs: 0, maxConnections: 10_000 };
  const sizes = { maxHeaderBytes: 16_384, maxAuthorizationLength: 16_384 };
  const listen = [{ host: "127.0.0.1", port: 0, tls: undefined }];
  const listeners = await createListeners({ listen, limits: { ...limits, ...sizes } }, handler);
  return { port: listeners.addresses()[0]?.port ?? 0 };
}

/** Spans that are recorded, gathered as in service, and dropped in the end: an exporter works elsewhere. */
async function openSpans(): Promise<BeginSpan> {
  const { trace } = await import("@opentelemetry/api");
  const { BasicTracerProvider, BatchSpanProcessor } = await import("@opentelemetry/sdk-trace-base");
  const exporter: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }));
  const { createSpans } = await import("../src/gateway/observe/open-telemetry-spans.js");
  return createSpans();
}
