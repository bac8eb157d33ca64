// Callers with an access token of an OpenID provider: nothing to configure but its address and our name there. After
// `npm run build`:
//
//   ISSUER=https://idp.example/realms/example AUDIENCE=https://api.example node dist/examples/oidc.js
//   curl -sSi -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:8080/
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAuth, oidc } from "sallyport";
import { memory } from "sallyport/memory";
import { nodeAuth } from "sallyport/node";

const auth = createAuth({
  handlers: [
    oidc({
      issuer: process.env.ISSUER ?? "https://idp.example/realms/example",
      audience: process.env.AUDIENCE ?? "https://api.example",
      rolesClaim: "groups",
      groupRoles: { "site-operators": ["admin", "user"], staff: ["user"] },
    }),
  ],
  store: memory(),
});

const server = createServer(
  nodeAuth(auth, (request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end(`${JSON.stringify(auth.caller(request).identity)}\n`);
  }),
);
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  void auth.close().then(() => process.exit(0));
});
