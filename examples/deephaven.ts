// Clients of Arrow Flight and Deephaven Core log in as they are. After `npm run build`:
//
//   node dist/examples/deephaven.js
//   pip install pydeephaven && python3
//   >>> from pydeephaven import Session
//   >>> Session("127.0.0.1", 8080, auth_type="Basic", auth_token="ada:correct-horse")
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { anonymous, basic, createAuth } from "sallyport";
import { deephavenCoreServices, flightServices } from "sallyport/deephaven";
import { grpcAuth } from "sallyport/grpc";
import { memory } from "sallyport/memory";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [
    basic({ verify: (user, password) => users.get(user) === password && { subject: user, roles: ["user"] } }),
    anonymous({ identity: { subject: "guest", roles: [] } }),
  ],
  store: memory(), // one process that may log everybody out when it restarts
  carriers: { authTokenBin: true }, // where Flight clients send what their handshake gave them
  aliases: { "io.deephaven.auth.AnonymousAuthenticationHandler": "Anonymous" },
});

const server = createServer(grpcAuth(auth, [...flightServices(auth), ...deephavenCoreServices(auth)]));
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  void auth.close().then(() => process.exit(0));
});
