import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { route } from "../fixtures.js";
import { basicOf, type Running, startGateway } from "../running.js";

import { type Got, managed, type ProxyRecipe, send, startApp, startProxy } from "./start-proxy.js";

// A recipe of examples/forward-auth in the real proxy, beside the gateway in front of the same application: who is let in, and
// what the application gets, must be the same. So must what a refused client gets, where the proxy can do that.

const session = "x-sallyport-session";

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

const webSocket = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

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
  { what: "a WebSocket", line: "GET /orders", headers: (gateway) => [...withBearer(gateway), ...webSocket] },
  { what: "a WebSocket of an unknown client", line: "GET /orders", headers: () => webSocket },
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
