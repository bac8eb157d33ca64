import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcAuth } from "../../src/adapters/grpc/grpc.js";
import { createAuth } from "../../src/engine/auth.js";
import { anonymous } from "../../src/handlers/anonymous.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import { preSharedKey } from "../../src/handlers/pre-shared-key.js";
import { deephavenCoreServices } from "../../src/services/flight/deephaven-core.js";
import { flightServices } from "../../src/services/flight/flight.js";
import { memory } from "../../src/stores/memory/memory.js";
import { anonymousClass, cookieName, key, outage, pskClass, type Subject, users } from "./people.js";

/** Clients are told 4 s, and come back every 2. */
const session = { rotateAfterMs: 1_000, overlapMs: 200, idleMs: 5_000, lifetimeMs: 30_000 };

/** The engine and its gRPC front, as an application mounts them. */
export async function startOurs(): Promise<Subject> {
  const auth = createAuth<Handler>({
    handlers: [
      basic({
        verify(user, password) {
          if (user === outage) throw new Error("the directory is down");
          return users.get(user) === password ? { subject: user } : null;
        },
      }),
      preSharedKey({ keys: { robot: { key } } }),
      anonymous({ identity: { subject: "guest" } }),
    ],
    store: memory(),
    aliases: { [pskClass]: "PSK", [anonymousClass]: "Anonymous" },
    carriers: {
      authTokenBin: true,
      cookie: { name: cookieName, requestHeader: "x-deephaven-auth-cookie-request" },
    },
    // The suite guesses on purpose, all from one address.
    throttle: false,
    onEvent: () => {},
  });
  const server = createServer(
    grpcAuth(auth, [...flightServices(auth, { session }), ...deephavenCoreServices(auth, { session })]),
  );
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (one) => sessions.add(one));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    rotateSeconds: 1.2,
    staySeconds: 60,
    async close() {
      for (const one of sessions) one.destroy();
      await new Promise((resolve) => server.close(resolve));
      await auth.close();
    },
  };
}
