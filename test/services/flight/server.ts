import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { grpcAuth } from "../../../src/adapters/grpc/grpc.js";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import { anonymous } from "../../../src/handlers/anonymous.js";
import { declined, type Handler, rejected } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { preSharedKey } from "../../../src/handlers/pre-shared-key.js";
import type { AuthEvent } from "../../../src/model/events.js";
import type { Identity } from "../../../src/model/identity.js";
import { type DeephavenCoreOptions, deephavenCoreServices } from "../../../src/services/flight/deephaven-core.js";
import { type FlightOptions, flightServices } from "../../../src/services/flight/flight.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld, type World } from "../../world.js";

export const pskClass = "io.deephaven.authentication.psk.PskAuthenticationHandler";
export const anonymousClass = "io.deephaven.auth.AnonymousAuthenticationHandler";
export const key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
export const cookieName = "deephaven-auth-cookie";
export const session = { rotateAfterMs: 10_000, overlapMs: 1_000, idleMs: 60_000 };

/** Wants the digits of a number backwards: two rounds, so that challenge and response are seen to work. */
const backwards: Handler = {
  scheme: "Backwards",
  opens: "session",
  fromHandshake(payload, { round, state }) {
    const text = Buffer.from(payload).toString();
    if (round > 1) return text === state ? { kind: "accepted", identity: { subject: "riddler" } } : rejected;
    if (!/^[0-9]+$/.test(text)) return declined;
    return { kind: "challenged", payload: Buffer.from(`reverse ${text}`), state: [...text].reverse().join("") };
  },
};

export interface WireServer extends World {
  readonly origin: string;
  readonly auth: Auth<Identity>;
  readonly events: AuthEvent[];
  /** Set to make the user directory, or the store, fail. */
  readonly broken: { verify: boolean; store: boolean };
  close(): Promise<void>;
}

/** A server of these wires in cleartext HTTP/2, with a clock that only the test turns. */
export async function start(options: FlightOptions & DeephavenCoreOptions = {}): Promise<WireServer> {
  const world = createWorld();
  const { platform } = world;
  const broken = { verify: false, store: false };
  const events: AuthEvent[] = [];
  const store = memory({ platform });
  const passwords = new Map([
    ["user", "p:w"],
    ["grüße", "pässwörd:1"],
  ]);
  const auth = createAuth<Handler>({
    platform,
    handlers: [
      basic({
        verify(user, password) {
          if (broken.verify) throw new Error("the directory is down");
          return passwords.get(user) === password ? { subject: user } : null;
        },
      }),
      preSharedKey({ keys: { robot: { key } } }),
      anonymous({ identity: { subject: "guest" } }),
      backwards,
    ],
    store: {
      ...store,
      loadSession(ref) {
        if (broken.store) throw new Error("the disk is gone");
        return store.loadSession(ref);
      },
    },
    aliases: { [pskClass]: "PSK", [anonymousClass]: "Anonymous" },
    carriers: {
      authTokenBin: true,
      cookie: { name: cookieName, requestHeader: "x-deephaven-auth-cookie-request" },
    },
    nestedSchemes: true,
    onEvent: (event) => events.push(event),
  });
  const { keepOpen, ...core } = options;
  const flight = flightServices(auth, { session, keepOpen });
  const server = createServer(
    grpcAuth(auth, [...flight, ...deephavenCoreServices(auth, { session, platform, ...core })], { platform }),
  );
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (one) => sessions.add(one));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...world,
    origin: `http://127.0.0.1:${port}`,
    auth,
    events,
    broken,
    async close() {
      for (const one of sessions) one.destroy();
      await new Promise((resolve) => server.close(resolve));
      await auth.close();
    },
  };
}
