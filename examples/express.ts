// The door in an Express app that pages of another origin use, with the log-in RPCs beside it. After `npm run build`:
//
//   node dist/examples/express.js
//   curl -sSi -u ada:correct-horse http://127.0.0.1:8080/me
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import { basic, createAuth } from "sallyport";
import { connectAuth } from "sallyport/connect";
import { expressCors } from "sallyport/cors";
import { expressAuth } from "sallyport/express";
import { memory } from "sallyport/memory";
import { authRoutes } from "sallyport/services";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user, roles: ["user"] } })],
  store: memory(), // sqlite("./sessions.db") keeps sessions over a restart and shares them between processes
});

const app = express();
app.use(expressCors({ origins: ["http://localhost:5173"] })); // a preflight carries no credentials: before the door
app.get("/healthz", (_request, response) => void response.send("ok\n")); // and so is what everybody may see
app.use(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) })); // sallyport.v1.AuthService
app.use(expressAuth(auth)); // 401 without valid credentials
app.use(express.json()); // body parsers come after the door

app.get("/me", (request, response) => void response.json(auth.caller(request).identity));

app.post("/notes", async (request, response) => {
  const { session } = auth.caller(request);
  if (session === undefined) {
    response.status(400).json({ message: "notes belong to a session: come with its token" });
    return;
  }
  const text = String(request.body?.text ?? "");
  response.json(await session.updateState((notes) => [...(Array.isArray(notes) ? notes : []), text]));
});

const server = createServer(app);
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  void auth.close().then(() => process.exit(0));
});
