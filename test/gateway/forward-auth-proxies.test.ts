import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { noServices } from "../../src/gateway/own/own-config.js";
import { listen } from "../adapters/servers.js";
import { route } from "./fixtures.js";
import { basicOf, type Running, startGateway } from "./running.js";

// The recipes of examples/forward-auth, each in the real proxy, beside the gateway in front of the same application: who is let
// in, and what the application gets, is the same. So is what a refused client gets, but in nginx's short recipe.

const proxies = {
  nginx: {
    command: "nginx",
    file: "nginx.conf",
    toArguments: (folder: string, file: string) => ["-p", folder, "-c", file, "-g", "daemon off;"],
  },
  "nginx, in full": {
    command: "nginx",
    file: "nginx-full.conf",
    toArguments: (folder: string, file: string) => ["-p", folder, "-c", file, "-g", "daemon off;"],
  },
  Caddy: {
    command: "caddy",
    file: "Caddyfile",
    toArguments: (_folder: string, file: string) => ["run", "--adapter", "caddyfile", "--config", file],
  },
} as const;

const lacks = (command: string): string | false =>
  spawnSync(command, [command === "caddy" ? "version" : "-v"]).error === undefined
    ? false
    : `needs ${command}: apt-get install ${command}`;

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
  name: keyof typeof proxies,
  ports: { gateway: number; app: number },
): Promise<number> {
  const { command, file, toArguments } = proxies[name];
  const folder = mkdtempSync(join(tmpdir(), "sallyport-proxy-"));
  const port = await freePort();
  const text = readFileSync(join("examples/forward-auth", file), "utf8")
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${ports.gateway}`)
    .replaceAll("127.0.0.1:9000", `127.0.0.1:${ports.app}`)
    .replaceAll("127.0.0.1:8000", `127.0.0.1:${port}`)
    .replaceAll("http://:8000", `http://:${port}`);
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

/** Requests, and the status in nginx's short recipe where it is another. */
const requests: readonly (readonly [
  name: string,
  line: string,
  headers: (gateway: Running) => string[],
  body?: string,
  short?: number,
])[] = [
  ["a good token", "GET /orders?id=1", ({ bearer }) => [`Authorization: ${bearer}`]],
  ["a good password", "GET /orders", ({ password }) => [`Authorization: ${password}`]],
  ["none", "GET /orders", () => []],
  ["none, where none is needed", "GET /public/x", () => []],
  ["a wrong password", "GET /orders", () => [`Authorization: ${basicOf("ada", "no")}`]],
  ["a wrong password, where none is needed", "GET /public", () => [`Authorization: ${basicOf("ada", "no")}`]],
  ["a forged token", "GET /orders", () => [`Authorization: Bearer sps_${"A".repeat(80)}`]],
  ["a wrong role", "GET /admin", ({ bearer }) => [`Authorization: ${bearer}`]],
  ["the right role", "GET /admin", () => [`Authorization: ${basicOf("root", "pw")}`]],
  [
    "two credentials",
    "GET /orders",
    ({ bearer, password }) => [`Authorization: ${bearer}`, `Authorization: ${password}`],
  ],
  ["no route", "GET /nothing", ({ bearer }) => [`Authorization: ${bearer}`], "", 500],
  ["a method that has no route", "DELETE /read", ({ bearer }) => [`Authorization: ${bearer}`], "", 500],
  ["an encoded slash", "GET /public%2f..%2fadmin", () => [], "", 500],
  ["two slashes", "GET /public//admin", () => [], "", 500],
  ["dots", "GET /public/%2e%2e/admin", () => [], "", 500],
  ["a body", "POST /orders", ({ bearer }) => [`Authorization: ${bearer}`, "Content-Length: 5"], "hello"],
  [
    "a chunked body",
    "POST /orders",
    ({ bearer }) => [`Authorization: ${bearer}`, "Transfer-Encoding: chunked"],
    chunked,
  ],
  ["a body of an unknown caller", "POST /orders", () => ["Content-Length: 5"], "hello"],
  ["a chunked body of an unknown caller", "POST /orders", () => ["Transfer-Encoding: chunked"], chunked],
  ...["GET /public", "GET /orders"].map(
    (line) =>
      [
        `forged fields, ${line}`,
        line,
        ({ bearer }: Running) => [
          ...(line.endsWith("orders") ? [`Authorization: ${bearer}`] : []),
          ...managed.map((name) => `${name}: forged`),
          "X-Original-Method: PATCH",
          "X-Original-URI: /public/other",
          "X-Original-URL: http://app.example/public",
          "X-Forwarded-Method: PUT",
          "X-Forwarded-Uri: /public",
          "X-Forwarded-Host: other.example",
          "X-HTTP-Method-Override: DELETE",
          "Sallyport-Token: Bearer forged",
        ],
      ] as const,
  ),
];

for (const name of Object.keys(proxies) as (keyof typeof proxies)[]) {
  test(`${name}: lets in whom the gateway lets in, and tells the application the same`, {
    skip: lacks(proxies[name].command),
  }, async (t) => {
    const app = await startApp(t);
    const gateway = await startGateway({
      routes,
      trustedProxies: ["127.0.0.1/32"],
      services: { ...noServices, forwardAuth: { path: "/auth" } },
      upstream: { origin: new URL(`http://127.0.0.1:${app.port}`).origin },
    });
    t.after(() => gateway.close());
    const direct = Number(new URL(gateway.http1).port);
    const port = await startProxy(t, name, { gateway: direct, app: app.port });

    async function play(to: number, [, line, headers, body]: (typeof requests)[number]) {
      app.saw.length = 0;
      const got = await send(to, [`${line} HTTP/1.1`, ...headers(gateway)], body);
      return { got, saw: app.saw.map(({ raw, ...rest }) => rest), raw: app.saw.map(({ raw }) => raw).join() };
    }

    for (const request of requests) {
      const [what, , , , short] = request;
      const ours = await play(direct, request);
      const theirs = await play(port, request);
      // Each log-in by a password opens a session of its own.
      for (const { caller } of [...ours.saw, ...theirs.saw])
        if (what.includes("password") || what.includes("right role")) Reflect.set(caller, managed[4] as string, "?");
      assert.deepEqual(theirs.saw, ours.saw, what);
      assert.doesNotMatch(theirs.raw, /sps_|forged|Basic /, what);
      // nginx refuses two of them itself.
      if (what === "two credentials" && name !== "Caddy") {
        assert.equal(theirs.got.status, 400);
        continue;
      }
      const isShort = name === "nginx";
      assert.equal(theirs.got.status, isShort ? (short ?? ours.got.status) : ours.got.status, what);
      const isRefused = ours.saw.length === 0;
      if (isRefused && !isShort) {
        assert.deepEqual(theirs.got.fields.get("sallyport-reason"), ours.got.fields.get("sallyport-reason"), what);
        assert.equal(
          theirs.got.fields.get("www-authenticate")?.join(", "),
          ours.got.fields.get("www-authenticate")?.join(", "),
          what,
        );
        assert.equal(theirs.got.body, ours.got.body, what);
      }
      if (ours.got.status === 401) assert.match(String(theirs.got.fields.get("www-authenticate")), /^Bearer /, what);
      for (const { got } of [ours, theirs]) {
        assert.ok(
          [...got.fields.keys()].every((field) => !managed.includes(field)),
          `${what}: a client is told nothing of itself`,
        );
        const tokens = got.fields.get("authorization") ?? [];
        assert.ok(
          tokens.every((token) => /^Bearer sps_/.test(token)),
          what,
        );
        assert.equal(tokens.length, what.includes("good password") || what.includes("right role") ? 1 : 0, what);
      }
    }
  });
}
