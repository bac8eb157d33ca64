import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { settleMs } from "../../src/base/settling.js";
import { toAddressText } from "../../src/gateway/config/address.js";
import { type Served, serveFile } from "../../src/gateway/run/serve-file.js";
import { adaPassword, type GatewayFiles, gatewayFiles } from "./gateway-files.js";

export const asAda: string = `Basic ${Buffer.from(`ada:${adaPassword}`).toString("base64")}`;

export interface Upstream {
  readonly url: string;
  /** What reached it, newest last. */
  readonly requests: IncomingMessage[];
  /** Answers go on until somebody ends them. */
  stream: boolean;
}

/** Answers with method, path and headers as JSON. */
export async function echoUpstream(t: TestContext): Promise<Upstream> {
  const upstream = { url: "", requests: [] as IncomingMessage[], stream: false };
  const server = createServer((request, response) => {
    upstream.requests.push(request);
    request.resume();
    const { method, url, headers } = request;
    response.setHeader("content-type", "application/json");
    if (upstream.stream) {
      response.write("first");
      return;
    }
    response.end(JSON.stringify({ method, path: url, headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return upstream;
}

export interface RunningGateway {
  readonly files: GatewayFiles;
  readonly upstream: Upstream;
  readonly served: Served;
  readonly origin: string;
  /** What it logged: the fields of each line. */
  readonly logged: Record<string, unknown>[];
  /** Writes the configuration anew; takes effect on `reload`. */
  configure(text: string): void;
  reload(): void;
}

/** A configuration with the routes given, in front of `upstream`. */
export function configText(upstream: string, routes: string): string {
  return `\
realm: test
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
session: { rotateAfter: 2s, overlap: 1s }
handlers: { Basic: { users: ./users.yaml } }
routes: [${routes}]
upstreams: { app: { url: "${upstream}" } }
`;
}

export async function runGateway(
  t: TestContext,
  routes = "{ match: { path: / }, roles: [user], upstream: app }",
  edit: (text: string) => string = (text) => text,
  clock: Partial<Platform> = {},
): Promise<RunningGateway> {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const configure = (text: string): void => void files.write("gate.yaml", text);
  configure(edit(configText(upstream.url, routes)));
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  let reload = (): void => {};
  const onReloadAsked = (callback: () => void): void => {
    reload = callback;
  };
  let ahead = 0;
  const platform = { ...systemPlatform, now: () => Date.now() + ahead, ...clock };
  const served = await serveFile(files.config, { log, onReloadAsked, platform });
  t.after(() => served.stop());
  const [address] = served.gateway.addresses();
  if (address === undefined) throw new Error("it listens nowhere");
  return {
    files,
    upstream,
    served,
    logged,
    configure,
    reload() {
      // What a test has just written counts as whole.
      ahead = settleMs;
      reload();
      ahead = 0;
    },
    origin: `http://${toAddressText(address)}`,
  };
}
