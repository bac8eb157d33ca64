// Users of an `htpasswd` file, as Apache and nginx read it. After `npm run build`:
//
//   htpasswd -c -B -C 12 /tmp/htpasswd ada
//   HTPASSWD=/tmp/htpasswd node dist/examples/htpasswd.js
//   curl -sSi -u ada http://127.0.0.1:8080/
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basic, createAuth, htpasswdFile } from "sallyport";
import { memory } from "sallyport/memory";
import { nodeAuth } from "sallyport/node";

const auth = createAuth({
  handlers: [basic(htpasswdFile(process.env.HTPASSWD ?? ".htpasswd", { roles: ["user"] }))],
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
