// A process that serves one contender: `http-server.js <name> <directory>`.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import { expressAuth } from "../src/adapters/express.js";
import { nodeAuth } from "../src/adapters/node/node.js";
import { basicAuthorization, createEngine, type Engine } from "./engine.js";
import { serveAsks } from "./messages.js";
import type { ServerName } from "./rows.js";

const [, , name = "", directory = ""] = process.argv as (string | undefined)[] as [string, string, ServerName, string];
const [front, door] = name.split("-");
const answer = { hello: "world" };

const engine =
  door === undefined || door === "noop"
    ? undefined
    : await createEngine(join(directory, `${name}.db`), door !== "cold");

const server = createServer(front === "express" ? createApp(engine) : createListener(engine));
// Node closes a connection that was idle for 5 s, or 60 s before its first request; these wait while other rows have
// their turn.
Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const authorizations = door === "basic" ? [basicAuthorization] : (engine?.authorizations ?? []);
  const counts = engine?.counts ?? { reads: 0, writes: 0, checks: 0 };
  serveAsks({ port, authorizations }, counts, async () => {});
});

function createApp(engine: Engine | undefined): RequestListener {
  const app = express();
  if (engine !== undefined) app.use(expressAuth(engine.auth));
  if (door === "noop") app.use((_request, _response, next) => next());
  app.get("/me", (_request, response) => void response.json(answer));
  return app;
}

function createListener(engine: Engine | undefined): RequestListener {
  const listener: RequestListener = (_request, response) => {
    response.setHeader("Content-Type", "application/json; charset=utf-8");
    response.end(JSON.stringify(answer));
  };
  return engine === undefined ? listener : nodeAuth(engine.auth, listener);
}
