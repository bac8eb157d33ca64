// A session that is bound to a key of the client, and a thief who has copied its token. After `npm run build`:
//
//   node dist/examples/bound.js
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { basic, createAuth } from "sallyport";
import { AuthClient } from "sallyport/client";
import { connectAuth } from "sallyport/connect";
import { memory } from "sallyport/memory";
import { authRoutes } from "sallyport/services";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user } })],
  store: memory(),
  // Behind a name of your own also: dpop: { baseUrls: ["https://api.example"] }
});
const server = createServer(
  connectAuth(auth, connectNodeAdapter, {
    routes: authRoutes(auth),
    fallback: (request, response) => void response.end(`hello ${auth.caller(request).identity.subject}`),
  }),
);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const client = new AuthClient({ baseUrl, bind: true });
await client.password("ada", "correct-horse");
console.log(`the client: ${await (await client.fetch("/")).text()}`);

for (const scheme of ["Bearer", "DPoP"]) {
  const response = await fetch(baseUrl, { headers: { authorization: `${scheme} ${client.token}` } });
  console.log(`the thief, as ${scheme}: ${response.status} ${response.headers.get("sallyport-reason")}`);
}

console.log(`the client: ${await (await client.fetch("/")).text()}`); // and has noticed nothing
await client.close(); // logs out
await auth.close();
server.close();
server.closeAllConnections();
