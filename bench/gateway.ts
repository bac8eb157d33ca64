// `node dist/bench/gateway.js [--pairs N] [--seconds N]`: what the gateway costs, against a bare pass-through. Prints one
// JSON object, as `npm run bench -- --json` does: CPU microseconds per call of the process that proxies.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { parseTrustedProxies } from "../src/gateway/forwarded.js";
import { createRequestHandler } from "../src/gateway/handle-request.js";
import { createRouteTable } from "../src/gateway/routes.js";
import { createUpstreams } from "../src/gateway/upstreams.js";
import { createEngine } from "./engine.js";
import { type Load, openLoad, toRequest } from "./http-load.js";
import { type Counts, type Ready, type Report, serveAsks } from "./messages.js";
import { spreadOf } from "./stats.js";

const calls = 5_000;
const noCounts: Counts = { reads: 0, writes: 0, checks: 0 };

async function listen(server: Server, authorizations: readonly string[], counts = noCounts): Promise<void> {
  server.keepAliveTimeout = 0;
  await once(server.listen(0, "127.0.0.1"), "listening");
  serveAsks({ port: (server.address() as AddressInfo).port, authorizations }, counts, async () => {});
}

const roles: Readonly<Record<string, (origin: string, directory: string) => Promise<void>>> = {
  upstream: () => {
    const body = JSON.stringify({ hello: "world" });
    const headers = { "content-type": "application/json; charset=utf-8", "content-length": body.length };
    return listen(
      createServer((_request, response) => void response.writeHead(200, headers).end(body)),
      [],
    );
  },

  /** Headers and body as they come, no more: the floor for a proxy on undici. */
  bare: (origin) => {
    const pool = new Pool(origin, { connections: 64, pipelining: 1 });
    return listen(
      createServer((request, response) => {
        const { url = "/", method = "GET", rawHeaders } = request;
        const headers = rawHeaders.filter(
          (_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== "connection",
        );
        pool.dispatch(
          { path: url, method, headers },
          {
            onRequestStart: () => {},
            onResponseStart: (_controller, status, fields) => {
              const { connection, "keep-alive": _, ...rest } = fields;
              response.writeHead(status, rest);
            },
            onResponseData: (_controller, chunk) => void response.write(chunk),
            onResponseEnd: () => void response.end(),
            onResponseError: () => response.destroy(),
          },
        );
      }),
      [],
    );
  },

  gateway: async (origin, directory) => {
    const { auth, authorizations, counts } = await createEngine(join(directory, "gateway.db"), true);
    const times = { connectTimeoutMs: 2_000, headersTimeoutMs: 30_000, bodyTimeoutMs: 30_000 };
    const upstreams = createUpstreams(
      new Map([["app", { name: "app", origin, identity: "headers", maxConnections: 64, ...times }]]),
    );
    const match = { host: undefined, path: "/", methods: [] };
    const rest = { anonymous: false, roles: [], schemes: [], forwardAuthorization: false, line: 1 };
    const routes = createRouteTable([{ match, upstream: "app", ...rest }]);
    const { request } = createRequestHandler({ auth, upstreams, routes, trust: parseTrustedProxies([]) });
    await listen(createServer(request), authorizations, counts);
  },
};

interface Contender {
  readonly authorizations: readonly string[];
  readonly port: number;
  run(requests: readonly Buffer[]): Promise<number>;
  stop(): void;
}

async function start(role: string, origin: string, directory: string): Promise<Contender> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [role, origin, directory], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  const hear = async <T>(): Promise<T> => (await once(child, "message"))[0] as T;
  const { port = 0, authorizations } = await hear<Ready>();
  const load: Load = await openLoad(port);
  const mark = async () => {
    const heard = hear<Report>();
    child.send({ calls: 0 });
    return (await heard).after;
  };
  return {
    port,
    authorizations,
    async run(requests) {
      await load.run(requests, calls / 10);
      const before = await mark();
      await load.run(requests, calls);
      const after = await mark();
      if (after.reads + after.writes !== before.reads + before.writes) throw new Error("the store was asked");
      return (after.cpuUs - before.cpuUs) / calls;
    },
    stop() {
      load.close();
      child.disconnect();
    },
  };
}

async function bench(pairs: number, warmUpMs: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const running: Contender[] = [];
  const open = async (role: string, origin = ""): Promise<Contender> => {
    const contender = await start(role, origin, directory);
    running.push(contender);
    return contender;
  };
  try {
    const origin = `http://127.0.0.1:${(await open("upstream")).port}`;
    const [other, ours] = [await open("bare", origin), await open("gateway", origin)];
    const requests = ours.authorizations.map(toRequest);
    for (const contender of [other, ours]) {
      const until = performance.now() + warmUpMs;
      do await contender.run(requests);
      while (performance.now() < until);
    }
    const all: { readonly ours: number; readonly other: number }[] = [];
    for (let index = 0; index < pairs; index++) {
      const first = await (index % 2 ? other : ours).run(requests);
      const second = await (index % 2 ? ours : other).run(requests);
      all.push(index % 2 ? { ours: second, other: first } : { ours: first, other: second });
    }
    const ratio = spreadOf(all.map((pair) => pair.other / pair.ours));
    const round = (value: number, digits: number) => Number(value.toFixed(digits));
    const figures = {
      row: "gateway",
      against: "bare undici Pool.dispatch",
      oursUs: round(spreadOf(all.map((pair) => pair.ours)).median, 2),
      otherUs: round(spreadOf(all.map((pair) => pair.other)).median, 2),
      ratio: round(ratio.median, 3),
      low: round(ratio.low, 3),
      high: round(ratio.high, 3),
      n: pairs,
    };
    console.log(JSON.stringify(figures));
  } finally {
    for (const contender of running) contender.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const role = roles[process.argv[2] ?? ""];
if (process.send !== undefined && role !== undefined) await role(process.argv[3] ?? "", process.argv[4] ?? "");
else {
  const { values } = parseArgs({
    options: { pairs: { type: "string", default: "24" }, seconds: { type: "string", default: "10" } },
  });
  await bench(Number(values.pairs), Number(values.seconds) * 1_000);
}
