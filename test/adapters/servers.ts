import { createServer } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { Readable } from "node:stream";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import Koa from "koa";
import { connectAuth } from "../../src/adapters/connect.js";
import { expressAuth } from "../../src/adapters/express.js";
import { koaAuth } from "../../src/adapters/koa.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import type { Auth } from "../../src/engine/auth.js";
import { type RouteResponse, serveSuiteRoutes } from "../../src/testing/adapter/routes.js";
import type { AdapterCase, AdapterServer } from "../../src/testing/adapter/suite.js";

/** Listens on a free port; closing does not wait for clients. What a failed test leaves open keeps no process alive. */
export async function listen(server: Server): Promise<AdapterServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.unref()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  server.unref();
  return { origin: `http://127.0.0.1:${port}`, close };
}

export const nodeCases: readonly AdapterCase[] = [
  {
    protocol: "HTTP/1",
    start: (auth, options) =>
      listen(
        createServer(
          nodeAuth(auth, (req, res) => serveSuiteRoutes(auth, req.url?.split("?")[0] ?? "", req, res), options),
        ),
      ),
  },
  {
    protocol: "HTTP/2",
    start: (auth, options) =>
      listen(
        createHttp2Server(
          nodeAuth(auth, (req, res) => serveSuiteRoutes(auth, req.url.split("?")[0] ?? "", req, res), options),
        ),
      ),
  },
];

export const expressCases: readonly AdapterCase[] = [
  {
    protocol: "HTTP/1",
    start: (auth, options) => {
      const app = express();
      app.set("env", "test");
      app.use(expressAuth(auth, options));
      app.get("/me", async (req, res) => {
        await new Promise((resolve) => setImmediate(resolve));
        res.json({ subject: auth.optionalCaller(req)?.identity.subject ?? null });
      });
      app.get("/throw", async () => {
        throw new Error("broken");
      });
      app.get("/redirect", (_req, res) => res.redirect("/me"));
      for (const path of ["/raw", "/stream", "/not-modified"]) {
        app.get(path, (req, res) => serveSuiteRoutes(auth, path, req, res));
      }
      return listen(createServer(app));
    },
  },
];

/** Answers the way users of Koa do: through the context, and `/raw` around it. */
function koaListener(auth: Auth, options: { readonly anonymous: boolean }) {
  const app = new Koa();
  app.silent = true;
  app.use(koaAuth(auth, options));
  app.use(async (ctx) => {
    switch (ctx.path) {
      case "/me":
        await new Promise((resolve) => setImmediate(resolve));
        ctx.body = { subject: auth.optionalCaller(ctx)?.identity.subject ?? null };
        return;
      case "/throw":
        throw new Error("broken");
      case "/redirect":
        ctx.redirect("/me");
        return;
      case "/stream":
        ctx.body = Readable.from(["one", "two"]);
        return;
      case "/not-modified":
        ctx.status = 304;
        return;
      case "/raw":
        ctx.respond = false;
        serveSuiteRoutes(auth, ctx.path, ctx, ctx.res);
    }
  });
  return app.callback();
}

export const koaCases: readonly AdapterCase[] = [
  { protocol: "HTTP/1", start: (auth, options) => listen(createServer(koaListener(auth, options))) },
  // Its typings know HTTP/1 alone.
  {
    protocol: "HTTP/2",
    start: (auth, options) =>
      listen(
        createHttp2Server(
          koaListener(auth, options) as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void,
        ),
      ),
  },
];

/** What is no procedure goes to `fallback`, behind the same door. */
function connectListener(auth: Auth, options: { readonly anonymous: boolean }) {
  return connectAuth(auth, connectNodeAdapter, {
    ...options,
    routes: () => undefined,
    fallback: (req, res) => serveSuiteRoutes(auth, req.url?.split("?")[0] ?? "", req, res as RouteResponse),
  });
}

export const connectCases: readonly AdapterCase[] = [
  { protocol: "HTTP/1", start: (auth, options) => listen(createServer(connectListener(auth, options))) },
  { protocol: "HTTP/2", start: (auth, options) => listen(createHttp2Server(connectListener(auth, options))) },
];

/** A row for every adapter of Node. */
export const adapters: Readonly<Record<string, readonly AdapterCase[]>> = {
  nodeAuth: nodeCases,
  expressAuth: expressCases,
  koaAuth: koaCases,
  connectAuth: connectCases,
};
