// People of an LDAP directory. After `npm run build`, with your own directory's names:
//
//   LDAP_URL=ldaps://ldap.example LDAP_BASE=dc=example,dc=org LDAP_BIND=cn=gate,dc=example,dc=org \
//     LDAP_PASSWORD=… LDAP_ADMINS=cn=admins,dc=example,dc=org node dist/examples/ldap.js
//   curl -sSi -u ada http://127.0.0.1:8080/
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basic, createAuth, ldap } from "sallyport";
import { memory } from "sallyport/memory";
import { nodeAuth } from "sallyport/node";

const { LDAP_URL = "ldaps://ldap.example", LDAP_BASE = "dc=example,dc=org", LDAP_CA, LDAP_ADMINS } = process.env;

const auth = createAuth({
  handlers: [
    basic(
      ldap({
        url: LDAP_URL,
        ca: LDAP_CA === undefined ? undefined : readFileSync(LDAP_CA, "utf8"),
        bind: { dn: process.env.LDAP_BIND ?? "", password: process.env.LDAP_PASSWORD ?? "" },
        users: { base: LDAP_BASE }, // and filter: "(uid={user})", unless you say another
        groups: { base: LDAP_BASE, roles: LDAP_ADMINS === undefined ? {} : { [LDAP_ADMINS]: ["admin"] } },
      }),
    ),
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
