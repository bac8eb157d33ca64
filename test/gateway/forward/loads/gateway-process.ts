import { fork } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { gatewayFiles } from "../../gateway-files.js";
import { asAda } from "../../running-gateway.js";

/** Memory of a gateway's process, in MB: now, and the most since it was asked last. */
export interface Memory {
  readonly rss: number;
  readonly peak: number;
}

/** A gateway as its users run it, in a process of its own. */
export interface GatewayProcess {
  readonly port: number;
  readonly origin: string;
  /** `Authorization` with a live session of `ada`. */
  readonly bearer: string;
  memory(): Promise<Memory>;
}

export interface GatewayProcessOptions {
  /** URLs of the upstreams by their names: each has a route `/NAME` for authenticated callers, and `/open/NAME` for all. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** The upstream of all other paths, for all callers. */
  readonly rest?: string;
  /** Fields of each upstream, of each route, and at the top, as YAML. */
  readonly upstream?: string;
  readonly route?: string;
  readonly more?: string;
}

/** Starts a gateway, and logs in. */
export async function startGatewayProcess(t: TestContext, options: GatewayProcessOptions): Promise<GatewayProcess> {
  const { upstreams, rest, upstream = "", route = "", more = "" } = options;
  const files = await gatewayFiles(t);
  const names = Object.keys(upstreams);
  const routeOf = (path: string, name: string, who: string): string =>
    `  - { match: { path: ${path} }, ${who}, upstream: ${name}${route} }\n`;
  files.write(
    "gate.yaml",
    `\
realm: test
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
handlers: { Basic: { users: ./users.yaml } }
routes:
${names.map((name) => routeOf(`/${name}`, name, "roles: [user]") + routeOf(`/open/${name}`, name, "anonymous: true")).join("")}\
${rest === undefined ? "" : routeOf("/", rest, "anonymous: everything")}\
upstreams:
${names.map((name) => `  ${name}: { url: "${upstreams[name]}"${upstream} }\n`).join("")}\
${more}`,
  );
  const child = fork(fileURLToPath(new URL("gateway-child.js", import.meta.url)), [files.config]);
  t.after(() => child.disconnect());
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const log = { host: "127.0.0.1", port, path: `/${names[0]}`, headers: { authorization: asAda }, agent: false };
  const [response] = await once(get(log), "response");
  response.resume();
  const bearer: unknown = response.headers.authorization;
  if (typeof bearer !== "string") throw new Error(`the log-in was answered ${response.statusCode}, without a token`);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    bearer,
    async memory() {
      child.send("memory");
      const [{ rss, peak }] = (await once(child, "message")) as [Memory];
      return { rss: Math.round(rss / 1e6), peak: Math.round(peak / 1e6) };
    },
  };
}
