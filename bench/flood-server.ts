// The process that `flood.ts` calls: `flood-server.js <database> <on|off>`.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeAuth } from "../src/adapters/node/node.js";
import { createAuth } from "../src/engine/auth.js";
import { basic } from "../src/handlers/password/basic.js";
import { hashPassword } from "../src/handlers/password/hash.js";
import { userFile } from "../src/handlers/password/user-file.js";
import { randomKeys } from "../src/keys/key-ring.js";
import { sqlite } from "../src/stores/sqlite/sqlite.js";

/** What it says once it is there. */
export interface FloodServer {
  readonly port: number;
  readonly token: string;
  readonly basic: string;
}

const [, , path = "", throttle = "on"] = process.argv;
const password = "correct horse battery staple";
const users = `${path}.users`;
writeFileSync(users, `ada:${await hashPassword(password)}:user\n`, { mode: 0o600 });

const auth = createAuth({
  store: sqlite(path),
  keys: randomKeys(),
  handlers: [basic(userFile(users))],
  rotateAfterMs: 3_600_000,
  idleMs: 7_200_000,
  // Longer than any part: a password that is checked anew waits for a hash like any other.
  rememberMs: 300_000,
  onEvent: () => {},
  ...(throttle === "off" && { throttle: false as const }),
});
const server = createServer(
  nodeAuth(auth, (_request, response) => void response.end("in"), { trustProxy: () => true }),
);
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", async () => {
  const payload = Buffer.from(`ada:${password}`).toString("base64");
  const peer = { address: "203.0.113.7", trusted: false };
  const outcome = await auth.logIn({ scheme: "Basic", payload }, { peer, target: { method: "POST", path: "/" } });
  if (outcome.kind !== "opened") throw new Error(`the log-in was answered ${outcome.kind}`);
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, token: outcome.token, basic: `Basic ${payload}` } satisfies FloodServer);
});
// Asked for the CPU time of this process: all threads, user and system, in milliseconds.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1_000);
});
process.on("disconnect", () => process.exit(0));
