// Programs whose people log in at an OpenID provider, in a browser. After `npm run build`:
//
//   ISSUER=https://idp.example CLIENT_ID=gate CLIENT_SECRET=… node dist/examples/external.js
//   node dist/examples/external-client.js http://127.0.0.1:8080
//
// with `http://127.0.0.1:8080/external/callback` registered at the provider.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createAuth, external } from "sallyport";
import { connectAuth } from "sallyport/connect";
import { memory } from "sallyport/memory";
import { externalPages } from "sallyport/node";
import { authRoutes } from "sallyport/services";

const { ISSUER = "https://idp.example", CLIENT_ID = "gate", CLIENT_SECRET, PORT = "8080" } = process.env;
const server = createServer();

server.listen(Number(PORT), "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = external({
    issuer: ISSUER,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    url: `${origin}/external`, // https anywhere but on this machine
  });
  const auth = createAuth({ handlers: [login], store: memory() });
  const pages = externalPages(auth, login);
  const services = connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) });
  // The pages first: the door would ask the browser for credentials.
  server.on("request", (request, response) => pages(request, response) || services(request, response));
  console.log(`listening on ${origin}`);

  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
    void auth.close().then(() => process.exit(0));
  });
});
