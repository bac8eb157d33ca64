// The door in front of a Connect router, on HTTP/1.1 and HTTP/2 without TLS (h2c): Connect, gRPC and gRPC-Web clients. After
// `npm run build`:
//
//   node dist/examples/connect.js
//   npx buf curl --schema proto --http2-prior-knowledge -u ada:correct-horse \
//     http://127.0.0.1:8080/sallyport.v1.AuthService/WhoAmI
import type { AddressInfo } from "node:net";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { basic, createAuth } from "sallyport";
import { connectAuth } from "sallyport/connect";
import { memory } from "sallyport/memory";
import { createH2cServer } from "sallyport/node";
import { authRoutes } from "sallyport/services";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user, roles: ["user"] } })],
  store: memory(),
});

const routes = (router: ConnectRouter) => {
  authRoutes(auth)(router); // sallyport.v1.AuthService: LogIn, Refresh, WhoAmI, LogOut, ListSessions, EndSession
  // router.service(GreetService, { greet: (_request, context) => ({ text: auth.caller(context).identity.subject }) });
};

const server = createH2cServer(connectAuth(auth, connectNodeAdapter, { routes }));
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  void auth.close().then(() => process.exit(0));
});
