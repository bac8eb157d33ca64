// Log-in by a private key: a server that knows public keys, and a client that holds the other half. After `npm run build`:
//
//   node dist/src/cli/main.js keygen --user ada --dir /tmp > /tmp/authorized_keys
//   node dist/examples/private-key.js /tmp/authorized_keys /tmp/priv-ada.base64.txt
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { authorizedKeys, createAuth, privateKey } from "sallyport";
import { AuthClient, AuthenticationFailedError } from "sallyport/client";
import { connectAuth } from "sallyport/connect";
import { memory } from "sallyport/memory";
import { authRoutes } from "sallyport/services";

const [publicKeys = "./authorized_keys", keyFile = "./priv-ada.base64.txt"] = process.argv.slice(2);

const auth = createAuth({
  handlers: [privateKey({ keys: authorizedKeys(publicKeys) })], // a line for each key: user and public key
  store: memory(),
});
const server = createServer(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) }));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

// The other side. Nothing secret crosses the network: the server asks, and the key answers.
const client = new AuthClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
try {
  const caller = await client.privateKey(readFileSync(keyFile, "utf8"));
  console.log(`logged in as ${caller?.identity?.subject}, by the key ${String(caller?.identity?.claims?.fingerprint)}`);
} catch (error) {
  console.error(error instanceof AuthenticationFailedError ? "the server does not know this key" : error);
  process.exitCode = 1;
} finally {
  await client.close();
  server.close();
  server.closeAllConnections();
  await auth.close();
}
