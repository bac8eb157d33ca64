import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { listen } from "../../adapters/servers.js";
import { route } from "../fixtures.js";
import { basicOf, type Running, startGateway } from "../running.js";

// A recipe of examples/forward-auth in the real proxy, beside the gateway in front of the same application: who is let in, and
// what the application gets, must be the same. So must what a refused client gets, where the proxy can do that.

/** A proxy, and its recipe. */
export interface ProxyRecipe {
  readonly command: string;
  /** In `examples/forward-auth`. */
  readonly file: string;
  toArguments(folder: string, file: string): readonly string[];
  /** The status of requests by their names, where the proxy loses the gateway's, or answers itself. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** A refused client gets the status and the challenge alone. */
  readonly losesDenials?: boolean;
}

const session = "x-sallyport-session";

const managed = ["subject", "roles", "actor", "scheme", "session", "identity"].map((name) => `x-sallyport-${name}`);

interface AppSaw {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly caller: Readonly<Record<string, string>>;
  readonly raw: string;
}

/** Remembers what it gets. */
async function startApp(t: TestContext) {
  const saw: AppSaw[] = [];
  const server = await listen(
    createHttpServer((request, response) => {
      let body = "";
      request.setEncoding("latin1").on("data", (chunk: string) => {
        body += chunk;
      });
      request.on("end", () => {
        const { method = "", url = "", headers, rawHeaders } = request;
        const caller: Record<string, string> = {};
        for (const name of managed)
          if (typeof headers[name] === "string" && headers[name] !== "") caller[name] = headers[name];
        saw.push({ method, url, body, caller, raw: JSON.stringify(rawHeaders) });
        // An application cannot set the token of a session.
        response.setHeader("Authorization", "Bearer forged").end("app");
      });
    }),
  );
  t.after(() => server.close());
  return { saw, port: Number(new URL(server.origin).port) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startProxy(
  t: TestContext,
  { command, file, toArguments }: ProxyRecipe,
  ports: { gateway: number; app: number },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-proxy-"));
  const port = await freePort();
  const text = readFileSync(join("examples/forward-auth", file), "utf8")
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${ports.gateway}`)
    .replaceAll("127.0.0.1:9000", `127.0.0.1:${ports.app}`)
    .replaceAll("127.0.0.1:8000", `127.0.0.1:${port}`)
    .replaceAll("http://:8000", `http://:${port}`)
    .replaceAll("port_value: 8080", `port_value: ${ports.gateway}`)
    .replaceAll("port_value: 9000", `port_value: ${ports.app}`)
    .replaceAll("port_value: 8000", `port_value: ${port}`);
  const path = join(folder, file);
  writeFileSync(path, text);
  const child: ChildProcess = spawn(command, toArguments(folder, path), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  t.after(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGTERM")) await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  for (;;) {
    assert.equal(child.exitCode, null, said);
    const isUp = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isUp) return port;
    await delay(20);
  }
}

interface Got {
  readonly status: number;
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

async function send(port: number, lines: readonly string[], body = ""): Promise<Got> {
  const socket = connect(port, "127.0.0.1");
  socket.write([...lines, "Host: app.example", "Connection: close", "", ""].join("\r\n") + body);
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk;
  const [head = "", rest = ""] = text.split(/\r\n\r\n(.*)/s);
  const fields = new Map<string, string[]>();
  for (const line of head.split("\r\n").slice(1)) {
    const [name = "", value = ""] = line.split(/: ?(.*)/s);
    fields.set(name.toLowerCase(), [...(fields.get(name.toLowerCase()) ?? []), value]);
  }
  return { status: Number(head.split(" ")[1]), fields, body: rest };
}

const routes = [
  route({ path: "/public" }, { anonymous: true }),
  route({ path: "/admin" }, { roles: ["admin"] }),
  route({ path: "/read", methods: ["GET"] }),
  route({ path: "/orders" }),
];

const chunked = "5\r\nhello\r\n0\r\n\r\n";

interface PlayedRequest {
  readonly what: string;
  readonly line: string;
  readonly headers: (gateway: Running) => readonly string[];
  readonly body?: string;
  /** It opens a session. */
  readonly isLogIn?: boolean;
}

const withBearer = ({ bearer }: Running): string[] => [`Authorization: ${bearer}`];

const nothing = (): string[] => [];

const forged = [
  ...managed.map((name) => `${name}: forged`),
  "X-Original-Method: PATCH",
  "X-Original-URI: /public/other",
  "X-Original-URL: http://app.example/public",
  "X-Forwarded-Method: PUT",
  "X-Forwarded-Uri: /public",
  "X-Forwarded-Host: other.example",
  "X-HTTP-Method-Override: DELETE",
  "Sallyport-Token: Bearer forged",
];

const wrongPassword = (): string[] => [`Authorization: ${basicOf("ada", "no")}`];

const requests: readonly PlayedRequest[] = [
  { what: "a good token", line: "GET /orders?id=1", headers: withBearer },
  {
    what: "a good password",
    line: "GET /orders",
    headers: ({ password }) => [`Authorization: ${password}`],
    isLogIn: true,
  },
  { what: "none", line: "GET /orders", headers: nothing },
  { what: "none, where none is needed", line: "GET /public/x", headers: nothing },
  { what: "a wrong password", line: "GET /orders", headers: wrongPassword },
  { what: "a wrong password, where none is needed", line: "GET /public", headers: wrongPassword },
  { what: "a forged token", line: "GET /orders", headers: () => [`Authorization: Bearer sps_${"A".repeat(80)}`] },
  { what: "a wrong role", line: "GET /admin", headers: withBearer },
  {
    what: "the right role",
    line: "GET /admin",
    headers: () => [`Authorization: ${basicOf("root", "pw")}`],
    isLogIn: true,
  },
  {
    what: "two credentials",
    line: "GET /orders",
    headers: ({ bearer, password }) => [`Authorization: ${bearer}`, `Authorization: ${password}`],
  },
  { what: "no route", line: "GET /nothing", headers: withBearer },
  { what: "a method that has no route", line: "DELETE /read", headers: withBearer },
  { what: "an encoded slash", line: "GET /public%2f..%2fadmin", headers: nothing },
  { what: "two slashes", line: "GET /public//admin", headers: nothing },
  { what: "dots", line: "GET /public/%2e%2e/admin", headers: nothing },
  {
    what: "a body",
    line: "POST /orders",
    headers: ({ bearer }) => [`Authorization: ${bearer}`, "Content-Length: 5"],
    body: "hello",
  },
  {
    what: "a chunked body",
    line: "POST /orders",
    headers: ({ bearer }) => [`Authorization: ${bearer}`, "Transfer-Encoding: chunked"],
    body: chunked,
  },
  { what: "a body of an unknown client", line: "POST /orders", headers: () => ["Content-Length: 5"], body: "hello" },
  {
    what: "a chunked body of an unknown client",
    line: "POST /orders",
    headers: () => ["Transfer-Encoding: chunked"],
    body: chunked,
  },
  { what: "forged fields, where no credentials are needed", line: "GET /public", headers: () => forged },
  { what: "forged fields", line: "GET /orders", headers: (gateway) => [...withBearer(gateway), ...forged] },
];

/** Runs all requests against the gateway in front of the application, and against the proxy that asks it, and compares. */
export async function compareWithGateway(t: TestContext, recipe: ProxyRecipe): Promise<void> {
  const app = await startApp(t);
  const gateway = await startGateway({
    routes,
    trustedProxies: ["127.0.0.1/32"],
    services: { ...noServices, forwardAuth: { path: "/auth" } },
    upstream: { origin: `http://127.0.0.1:${app.port}` },
  });
  t.after(() => gateway.close());
  const direct = Number(new URL(gateway.http1).port);
  const port = await startProxy(t, recipe, { gateway: direct, app: app.port });
  const { statuses = {}, losesDenials = false } = recipe;

  async function play(to: number, { line, headers, body }: PlayedRequest) {
    app.saw.length = 0;
    const got = await send(to, [`${line} HTTP/1.1`, ...headers(gateway)], body);
    return { got, saw: app.saw.map(({ raw, ...rest }) => rest), raw: app.saw.map(({ raw }) => raw).join() };
  }

  for (const request of requests) {
    const { what, isLogIn = false } = request;
    const ours = await play(direct, request);
    const theirs = await play(port, request);
    // Each log-in opens a session of its own.
    for (const { caller } of isLogIn ? [...ours.saw, ...theirs.saw] : []) Reflect.set(caller, session, "?");
    assert.deepEqual(theirs.saw, ours.saw, what);
    assert.doesNotMatch(theirs.raw, /sps_|forged|Basic /, what);
    const status = statuses[what];
    assert.equal(theirs.got.status, status ?? ours.got.status, what);
    if (ours.saw.length === 0 && !losesDenials && status === undefined) {
      const told = ({ fields, body }: Got) => [
        fields.get("sallyport-reason"),
        fields.get("www-authenticate")?.join(", "),
        body,
      ];
      assert.deepEqual(told(theirs.got), told(ours.got), what);
    }
    if (theirs.got.status === 401) assert.match(String(theirs.got.fields.get("www-authenticate")), /^Bearer /, what);
    for (const { fields } of [ours.got, theirs.got]) {
      assert.ok(
        ![...fields.keys()].some((field) => managed.includes(field)),
        `${what}: a client is not told who it is`,
      );
      const tokens = fields.get("authorization") ?? [];
      assert.ok(
        tokens.every((token) => /^Bearer sps_/.test(token)),
        what,
      );
      assert.equal(tokens.length, isLogIn ? 1 : 0, what);
    }
  }
}
