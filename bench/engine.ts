import { type Auth, createAuth } from "../src/engine/auth.js";
import { basic } from "../src/handlers/password/basic.js";
import { randomKeys } from "../src/keys/key-ring.js";
import type { Identity } from "../src/model/identity.js";
import type { Store } from "../src/model/store.js";
import { sqlite } from "../src/stores/sqlite/sqlite.js";
import type { Counts } from "./messages.js";

/** More than calls under way at once, so that two calls in a row never carry the same token. */
const sessions = 64;

const hour = 3_600_000;
const user = "ada";
export const password = "correct horse battery staple";

/** The value of an `Authorization` header that carries the password. */
export const basicAuthorization: string = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

export interface Engine {
  readonly auth: Auth<Identity>;
  /** One `Authorization` value for each of the sessions, as a client would send it. */
  readonly authorizations: readonly string[];
  readonly counts: Counts;
}

/**
 * The engine as shipped, on a SQLite file.
 *
 * @param remembers `false` leaves room for one session in the node's memory: as the calls go round {@link sessions}
 *   sessions, every one of them meets a node that knows nothing of its session, as after a restart.
 */
export async function createEngine(path: string, remembers: boolean): Promise<Engine> {
  const counts = { reads: 0, writes: 0, checks: 0 };
  const auth = createAuth({
    handlers: [
      basic({
        verify(name, given) {
          counts.checks += 1;
          return isAda(name, given);
        },
      }),
    ],
    store: counted(sqlite(path), counts),
    keys: randomKeys(),
    // Longer than any run, so that no turn falls into a measured block.
    rotateAfterMs: hour,
    idleMs: 2 * hour,
    maxSessionsPerSubject: sessions,
    ...(remembers ? {} : { maxKnownSessions: 1 }),
  });
  const authorizations: string[] = [];
  const context = { peer: { address: "127.0.0.1", trusted: false }, target: { method: "POST", path: "/" } };
  for (let index = 0; index < sessions; index++) {
    const opened = await auth.logIn({ scheme: "Basic", payload: basicAuthorization.slice("Basic ".length) }, context);
    if (opened.kind !== "opened") throw new Error(`the log-in was answered ${opened.kind}`);
    authorizations.push(`Bearer ${opened.token}`);
  }
  return { auth, authorizations, counts };
}

/** The one account there is. */
export function isAda(name: string, given: string): Identity | false {
  return name === user && given === password && { subject: user, roles: ["user"] };
}

/** Counts what is asked of the store for a session: for three additions a call, a row can prove what it measured. */
export function counted(store: Store, counts: { reads: number; writes: number }): Store {
  return {
    ...store,
    loadSession(ref) {
      counts.reads += 1;
      return store.loadSession(ref);
    },
    swapSession(reading, change, durable) {
      counts.writes += 1;
      return store.swapSession(reading, change, durable);
    },
    openSession(session, caps, durable) {
      counts.writes += 1;
      return store.openSession(session, caps, durable);
    },
  };
}
