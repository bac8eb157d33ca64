// `npm start`: the whole of Sallyport in one process. An Express app with one guarded route, the log-in RPCs beside it,
// sessions in SQLite, and a demo user whose password is made anew at every start.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import { basic, createAuth } from "sallyport";
import { connectAuth } from "sallyport/connect";
import { expressAuth } from "sallyport/express";
import { authRoutes } from "sallyport/services";
import { sqlite } from "sallyport/sqlite";

const directory = mkdtempSync(join(tmpdir(), "sallyport-demo-")); // mode 0700: it will hold sessions, keys and a token
const password = randomBytes(9).toString("base64url");

const auth = createAuth({
  realm: "demo",
  handlers: [
    basic({
      verify: (user, secret) => user === "demo" && secret === password && { subject: "demo", name: "Demo User" },
    }),
  ],
  store: sqlite(join(directory, "sessions.db")),
  rotateAfterMs: 2_000, // so short that you can watch; the default is minutes
  overlapMs: 1_000,
});

const app = express();
app.disable("x-powered-by");
app.use(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) })); // sallyport.v1.AuthService
app.use(expressAuth(auth)); // 401 unless somebody
app.get("/", (request, response) => {
  const { identity, scheme, session } = auth.caller(request);
  const answer = { hello: identity.name, identity, scheme, session: session?.ref ?? null };
  response.type("json").send(`${JSON.stringify(answer)}\n`);
});

const server = createServer(app);
server.on("error", (error: NodeJS.ErrnoException) => {
  console.error(error.code === "EADDRINUSE" ? "That port is taken. Try: PORT=8081 npm start" : error.message);
  process.exit(1);
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = join(directory, "token");
  const logIn = `curl -sS -o /dev/null -D - -u demo:${password} ${url}`;
  const keep = `grep -i '^authorization:' | tr -d '\\r' | tee ${token}`;
  console.log(`Sallyport is listening on ${url}; sessions are in ${directory}.

1. Log in with a password, and see a bearer token in the answer's Authorization header:

curl -sSi -u demo:${password} ${url}

2. Log in, keep the token, and call with it instead of the password:

curl -sS -H "$(${logIn} | ${keep})" ${url}

3. Call with the token, wait until it is due, call again, and see the next token in the answer:

curl -sS -H @${token} ${url}; sleep 2.2; curl -sSi -H @${token} ${url}

Stop with Ctrl-C.`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void auth.close().finally(() => {
      rmSync(directory, { recursive: true, force: true });
      process.exit(0);
    });
  });
}
