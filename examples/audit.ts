// Every log-in, refusal and log-out as a line of JSON. After `npm run build`:
//
//   AUDIT=/tmp/audit.jsonl node dist/examples/audit.js
//   curl -sSi -u ada:correct-horse http://127.0.0.1:8080/
//   curl -sSi -u ada:wrong http://127.0.0.1:8080/
//   cat /tmp/audit.jsonl
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basic, createAuth, jsonLines } from "sallyport";
import { memory } from "sallyport/memory";
import { nodeAuth } from "sallyport/node";

const users = new Map([["ada", "correct-horse"]]); // yours will hash: see docs/handlers.md

const auth = createAuth({
  handlers: [basic({ verify: (user, password) => users.get(user) === password && { subject: user } })],
  store: memory(),
  audit: {
    sinks: [jsonLines(process.env.AUDIT ?? "./audit.jsonl", { fsync: true })],
    onFailure: "refuse", // nobody logs in unrecorded
  },
});

const server = createServer(
  nodeAuth(auth, async (request, response) => {
    const { identity, session } = auth.caller(request);
    if (request.method === "DELETE") await session?.end();
    response.end(`hello ${identity.subject}\n`);
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
