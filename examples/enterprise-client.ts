// Deephaven Enterprise's log-in, both sides: a gateway that speaks its wire, a client that logs in by it and hands a one-time
// token to a service, and the service that has it verified.
//
//   node dist/examples/enterprise-client.js
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { basic, createAuth, operateAsRules } from "sallyport";
import { AuthClient, AuthenticationFailedError } from "sallyport/client";
import { connectAuth } from "sallyport/connect";
import { enterpriseRoutes } from "sallyport/deephaven-enterprise";
import { memory } from "sallyport/memory";

const accounts = new Map([
  ["ada", { subject: "ada", password: "correct horse" }],
  ["bob", { subject: "bob", password: "battery staple" }],
]);
const find = (user: string) => (accounts.has(user) ? { subject: user } : null);

const auth = createAuth({
  handlers: [
    basic({ verify: (user, password) => (accounts.get(user)?.password === password ? { subject: user } : null) }),
  ],
  store: memory(),
  operateAs: operateAsRules({ identify: find, rules: [{ actors: ["ada"], targets: ["bob"] }] }),
});

// Services prove nothing about themselves on this wire: say whose `verifyToken` is answered.
const routes = enterpriseRoutes(auth, { verifyTokenFrom: (address) => address === "127.0.0.1" });
const server = createServer(connectAuth(auth, connectNodeAdapter, { routes }));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
// With `host` and `port` it would be TLS.
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const client = new AuthClient({ baseUrl, protocol: "deephaven-enterprise" });
const service = new AuthClient({ baseUrl, protocol: "deephaven-enterprise" });
try {
  await client.password("ada", "wrong").catch((error: unknown) => {
    console.log(error instanceof AuthenticationFailedError ? "refused" : error);
  });
  const caller = await client.password("ada", "correct horse", "bob");
  console.log(`${caller?.actor?.subject} as ${caller?.identity?.subject}`);

  const { value } = await client.getToken("RemoteQueryProcessor");
  for (const attempt of ["once", "twice"]) {
    const redeemed = await service.redeemToken(value, "RemoteQueryProcessor");
    console.log(`${attempt}: ${redeemed?.caller.identity?.subject ?? "not good"}`);
  }
} finally {
  await client.close();
  await service.close();
  server.close();
  await auth.close();
}
