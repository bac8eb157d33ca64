import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { addApiKey } from "../../../src/handlers/api-key/edit.js";
import { createApiKey } from "../../../src/handlers/api-key/record.js";
import { hangMs } from "../../size.js";
import { asAda, runGateway } from "../running-gateway.js";

/** An upstream whose answers and WebSockets go on until they are broken off. */
async function endlessUpstream(t: TestContext) {
  const answers = new Set<Pick<ServerResponse, "write">>();
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((_request, response) => {
    response.write("first");
    answers.add(response);
  });
  server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
    for (const socket of sockets.clients) socket.terminate();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Sends something on every stream. */
    ping() {
      for (const answer of answers) answer.write("ping");
      for (const socket of sockets.clients) socket.send("ping");
    },
  };
}

/** A stream as its client sees it. */
interface Seen {
  /** Its first bytes have come. */
  readonly begun: Promise<unknown>;
  /** It was broken off. */
  readonly over: Promise<unknown>;
  /** The upstream's ping has come. */
  readonly pinged: Promise<unknown>;
}

function deferred() {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

function watch(listen: (on: { data: (text: string) => void; end: () => void; open: () => void }) => void): Seen {
  const begun = deferred();
  const over = deferred();
  const pinged = deferred();
  pinged.promise.catch(() => {});
  listen({
    data(text) {
      begun.resolve();
      if (text.includes("ping")) pinged.resolve();
    },
    open: begun.resolve,
    end() {
      over.resolve();
      pinged.reject(new Error("the stream was ended"));
    },
  });
  return { begun: begun.promise, over: over.promise, pinged: pinged.promise };
}

function overFetch(url: string, authorization?: string): Seen {
  return watch(({ data, end }) => {
    const read = async () => {
      const response = await fetch(url, authorization === undefined ? {} : { headers: { authorization } });
      assert.equal(response.status, 200, url);
      for await (const chunk of response.body ?? []) data(Buffer.from(chunk as Uint8Array).toString());
    };
    void read().then(end, end);
  });
}

function overHttp2(client: ClientHttp2Session, path: string, authorization: string): Seen {
  return watch(({ data, end }) => {
    const stream = client.request({ ":path": path, authorization });
    stream.on("data", (chunk) => data(String(chunk)));
    stream.on("error", () => {}).on("close", end);
  });
}

function overWebSocket(url: string, authorization: string): Seen {
  return watch(({ data, end, open }) => {
    const socket = new WebSocket(url, { headers: { authorization } });
    socket.on("open", open).on("message", (text) => data(String(text)));
    socket.on("error", () => {}).on("close", end);
  });
}

const handlers = { Basic: "{ users: ./users.yaml }", ApiKey: "{ apiKeys: ./api-keys.jsonl }" };
const routes = {
  app: "{ match: { path: /app }, roles: [user], upstream: app }",
  open: "{ match: { path: /open }, anonymous: true, upstream: app }",
};

interface Configuration {
  readonly handlers?: Readonly<Record<string, string>>;
  readonly routes?: Readonly<Record<string, string>>;
}

const streams = ["password", "token", "socket", "http2", "key", "anonymous"] as const;
const ofAda = ["password", "token", "socket", "http2"] as const;
const ofCallers = [...ofAda, "key"] as const;

interface Row {
  readonly name: string;
  readonly now: Configuration;
  /** Edits the files before the reload. `users`: the content of the user file. */
  readonly edit?: (write: (name: string, text: string) => void, users: string) => void;
  readonly ended: readonly (typeof streams)[number][];
}

const rows: readonly Row[] = [
  { name: "the same configuration", now: {}, ended: [] },
  { name: "the handler of passwords is gone", now: { handlers: { ApiKey: handlers.ApiKey } }, ended: ofAda },
  { name: "the handler of keys is gone", now: { handlers: { Basic: handlers.Basic } }, ended: ["key"] },
  {
    name: "passwords are checked by another file, in which the account is the same",
    now: { handlers: { ...handlers, Basic: "{ users: ./others.txt }" } },
    edit: (write, users) => write("others.txt", users),
    ended: [],
  },
  {
    name: "passwords are checked by another file, in which the account is not",
    now: { handlers: { ...handlers, Basic: "{ users: ./others.txt }" } },
    edit: (write, users) => write("others.txt", users.replace("ada:", "bob:")),
    ended: ofAda,
  },
  {
    name: "an account is disabled",
    now: {},
    edit: (write, users) => write("users.yaml", `${users.trim()}:disabled\n`),
    ended: ofAda,
  },
  { name: "a key is gone", now: {}, edit: (write) => write("api-keys.jsonl", ""), ended: ["key"] },
  {
    name: "the route asks for another role",
    now: { routes: { ...routes, app: routes.app.replace("[user]", "[admin]") } },
    ended: ofCallers,
  },
  {
    name: "the route asks for another role, which an account has by now",
    now: { routes: { ...routes, app: routes.app.replace("[user]", "[admin]") } },
    edit: (write, users) => write("users.yaml", users.replace(":user", ":user,admin")),
    ended: ["key"],
  },
  {
    name: "the route asks for another scheme",
    now: { routes: { ...routes, app: routes.app.replace("roles: [user]", "schemes: [Basic]") } },
    ended: ["key"],
  },
  {
    name: "the route asks for a scope",
    now: { routes: { ...routes, app: routes.app.replace("roles: [user]", "scopes: [deploy]") } },
    ended: ofAda,
  },
  {
    name: "the route asks for a stronger log-in",
    now: { routes: { ...routes, app: routes.app.replace("/app }", "/app }, acr: [urn:mfa]") } },
    ended: ofCallers,
  },
  {
    name: "the route asks for a log-in of the last hour: that of a key is of unknown age",
    now: { routes: { ...routes, app: routes.app.replace("/app }", "/app }, maxAge: 1h") } },
    ended: ["key"],
  },
  {
    name: "the route is for another method",
    now: { routes: { ...routes, app: routes.app.replace("/app", "/app, methods: [POST]") } },
    ended: ofCallers,
  },
  { name: "the route is gone", now: { routes: { open: routes.open } }, ended: ofCallers },
  {
    name: "the open route asks for a caller",
    now: { routes: { ...routes, open: routes.open.replace("anonymous: true, ", "") } },
    ended: ["anonymous"],
  },
];

function configText(upstream: string, now: Configuration, more: string): string {
  const entries = Object.entries(now.handlers ?? handlers).map(([scheme, kind]) => `  ${scheme}: ${kind}\n`);
  const list = [...Object.values(now.routes ?? routes), more].map((route) => `  - ${route}\n`);
  return `\
realm: test
listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
handlers:
${entries.join("")}routes:
${list.join("")}upstreams: { app: { url: "${upstream}" } }
`;
}

for (const { name, now, edit, ended } of rows) {
  test(`after a reload, the streams go on that would begin now: ${name}`, { timeout: hangMs }, async (t) => {
    const upstream = await endlessUpstream(t);
    const { key, record } = createApiKey({ name: "ci", subject: "robot", roles: ["user"], scopes: ["deploy"] });
    const gateway = await runGateway(t);
    const canary = "{ match: { path: /canary }, anonymous: true, upstream: app }";
    addApiKey(`${gateway.files.directory}/api-keys.jsonl`, record);
    gateway.configure(configText(upstream.url, {}, canary));
    gateway.reload();
    const { origin } = gateway;
    const first = await fetch(`${origin}/app`, { headers: { authorization: asAda } });
    const token = first.headers.get("authorization") ?? "";
    await first.body?.cancel();
    const client = connectHttp2(origin);
    t.after(() => client.destroy());
    const seen = {
      password: overFetch(`${origin}/app`, asAda),
      token: overFetch(`${origin}/app`, token),
      socket: overWebSocket(`${origin.replace("http", "ws")}/app`, token),
      http2: overHttp2(client, "/app", token),
      key: overFetch(`${origin}/app`, `ApiKey ${key}`),
      anonymous: overFetch(`${origin}/open`),
      canary: overFetch(`${origin}/canary`),
    } satisfies Record<(typeof streams)[number] | "canary", Seen>;
    await Promise.all(Object.values(seen).map(({ begun }) => begun));

    edit?.(gateway.files.write, readFileSync(`${gateway.files.directory}/users.yaml`, "utf8"));
    gateway.configure(configText(upstream.url, now, routes.open.replace("/open", "/another")));
    gateway.reload();
    await Promise.all([...ended, "canary" as const].map((one) => seen[one].over));
    upstream.ping();
    await Promise.all(streams.filter((one) => !ended.includes(one)).map((one) => seen[one].pinged));
  });
}
