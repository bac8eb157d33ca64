// The door in a Koa app. After `npm run build`:
//
//   node dist/examples/koa.js
//   curl -sSi -u ada:correct-horse http://127.0.0.1:8080/me
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { basic, createAuth } from "sallyport";
import { koaAuth } from "sallyport/koa";
import { memory } from "sallyport/memory";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user, roles: ["user"] } })],
  store: memory(), // sqlite("./sessions.db") keeps sessions over a restart and shares them between processes
});

const app = new Koa();
app.use(async (ctx, next) => {
  if (ctx.path === "/healthz")
    ctx.body = "ok\n"; // before the door: open to everybody
  else await next();
});
app.use(koaAuth(auth)); // 401 without valid credentials; body parsers come after it
app.use(async (ctx) => {
  const { identity, session } = auth.caller(ctx);
  switch (`${ctx.method} ${ctx.path}`) {
    case "GET /me":
      ctx.body = identity;
      return;
    case "POST /logout":
      await session?.end();
      ctx.status = 204;
      return;
    case "GET /admin":
      if (!identity.roles?.includes("admin")) ctx.throw(403, "for administrators");
      ctx.body = "welcome\n";
  }
});

const server = createServer(app.callback());
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  void auth.close().then(() => process.exit(0));
});
