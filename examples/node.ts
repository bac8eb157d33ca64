// The door in front of a plain `node:http` server. After `npm run build`:
//
//   node dist/examples/node.js
//   curl -sSi -u ada:correct-horse http://127.0.0.1:8080/
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basic, createAuth } from "sallyport";
import { memory } from "sallyport/memory";
import { continueAuth, nodeAuth } from "sallyport/node";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user, roles: ["user"] } })],
  store: memory(), // one process that may log everybody out when it restarts
});

const listener = nodeAuth(auth, async (request: IncomingMessage, response: ServerResponse) => {
  const { identity, session } = auth.caller(request);
  if (request.method === "DELETE") {
    await session?.end();
    response.writeHead(204).end();
    return;
  }
  response.setHeader("Content-Type", "application/json");
  response.end(`${JSON.stringify({ hello: identity.subject, session: session?.ref ?? null })}\n`);
});

const server = createServer(listener);
continueAuth(server, listener); // decide before a client is told to send its upload
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  void auth.close().then(() => process.exit(0));
});
