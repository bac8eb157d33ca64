import type { TestContext } from "node:test";
import { pino } from "pino";
import { hashPassword } from "sallyport";
import { type Platform, systemPlatform } from "../../../../src/base/platform.js";
import { toAddressText } from "../../../../src/gateway/config/address.js";
import { type Served, serveFile } from "../../../../src/gateway/run/serve-file.js";
import { adaPassword, gatewayFiles } from "../../gateway-files.js";

export const asOne = (user: string): string => `Basic ${Buffer.from(`${user}:${adaPassword}`).toString("base64")}`;

export interface Node {
  readonly origin: string;
  readonly served: Served;
  readonly logged: Record<string, unknown>[];
}

export interface BridgeWorld {
  readonly nodes: readonly [Node, Node];
  /** Every token of ours that a client was given. */
  readonly given: Set<string>;
  /** Logs in by the log-in RPC of the first node, and returns a client that follows its token. */
  logIn(user: string): Promise<Caller>;
}

/** A client of ours: it follows the newest token, as clients do. */
export interface Caller {
  readonly token: string;
  fetch(node: Node, path: string, init?: RequestInit): Promise<Response>;
  logOut(node: Node): Promise<void>;
}

export interface BridgeWorldOptions {
  readonly routes?: string;
  /** A line of the configuration. */
  readonly session?: string;
  /** What is in the file `upstream.secret`. */
  readonly secret?: string;
  readonly platform?: Platform;
}

/** Two gateways with one store and one ring, in front of an upstream with a credential. */
export async function bridgeWorld(
  t: TestContext,
  upstream: string,
  {
    routes = "{ match: { path: / }, upstream: app }",
    session = "",
    secret = "",
    platform = systemPlatform,
  }: BridgeWorldOptions = {},
): Promise<BridgeWorld> {
  const files = await gatewayFiles(t);
  const hash = await hashPassword(adaPassword);
  files.write("users.yaml", ["ada", "bob"].map((user) => `${user}:${hash}:user\n`).join(""));
  files.write("upstream.secret", secret);
  files.write(
    "gate.yaml",
    `\
realm: test
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
handlers: { Basic: { users: ./users.yaml } }
${session}
routes: [${routes}]
upstreams: { app: ${upstream} }
`,
  );
  const given = new Set<string>();
  const start = async (): Promise<Node> => {
    const logged: Record<string, unknown>[] = [];
    const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const served = await serveFile(files.config, { log, onReloadAsked: () => {}, platform });
    t.after(() => served.stop());
    const [address] = served.gateway.addresses();
    if (address === undefined) throw new Error("it listens nowhere");
    return { origin: `http://${toAddressText(address)}`, served, logged };
  };
  const nodes = [await start(), await start()] as const;
  const service = `${nodes[0].origin}/sallyport.v1.AuthService`;
  const rpc = (url: string, message: object, token?: string): Promise<Response> =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(message),
    });

  return {
    nodes,
    given,
    async logIn(user) {
      const answer = await rpc(`${service}/LogIn`, { password: { user, password: adaPassword } });
      let { token } = (await answer.json()) as { token: string };
      given.add(token);
      return {
        get token() {
          return token;
        },
        async fetch({ origin }, path, init = {}) {
          const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` };
          const response = await fetch(origin + path, { ...init, headers });
          const next = response.headers.get("authorization")?.replace(/^Bearer /, "");
          if (next !== undefined && next !== token) {
            token = next;
            given.add(next);
          }
          return response;
        },
        async logOut({ origin }) {
          await (await rpc(`${origin}/sallyport.v1.AuthService/LogOut`, {}, token)).arrayBuffer();
        },
      };
    },
  };
}
