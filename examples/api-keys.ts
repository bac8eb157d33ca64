// API keys in a file, as `ApiKey` and, beside other bearers, as `Bearer`. After `npm run build`:
//
//   KEY=$(node dist/src/cli/main.js api-keys new /tmp/api-keys.jsonl --name "ci 2027" --subject ci --roles deploy)
//   API_KEYS=/tmp/api-keys.jsonl node dist/examples/api-keys.js
//   curl -sSi -H "Authorization: ApiKey $KEY" http://127.0.0.1:8080/
//   node dist/src/cli/main.js api-keys ls /tmp/api-keys.jsonl
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { apiKey, apiKeyFile, createAuth } from "sallyport";
import { memory } from "sallyport/memory";
import { nodeAuth } from "sallyport/node";

const keys = apiKeyFile(process.env.API_KEYS ?? "api-keys.jsonl");

const auth = createAuth({
  handlers: [apiKey({ keys }), apiKey({ keys, scheme: "Bearer" })],
  store: memory(),
});

const server = createServer(
  nodeAuth(auth, (request, response) => {
    const { identity } = auth.caller(request);
    const mayDeploy = identity.roles.includes("deploy");
    response.setHeader("Content-Type", "application/json");
    response.end(`${JSON.stringify({ hello: identity.subject, key: identity.keyName, mayDeploy })}\n`);
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
