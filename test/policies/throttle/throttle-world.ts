import { type Auth, createAuth } from "../../../src/engine/auth.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { basic } from "../../../src/handlers/password/basic.js";
import type { AuthEvent, OnEvent } from "../../../src/model/events.js";
import type { Peer } from "../../../src/model/request.js";
import type { Store } from "../../../src/model/store.js";
import type { ThrottleOptions } from "../../../src/policies/throttle/options.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld, type World } from "../../world.js";

export interface User {
  readonly subject: string;
}

export interface Attempt {
  readonly from?: string;
  readonly peer?: Peer;
  readonly rawHeaders?: readonly string[];
}

export interface ThrottleWorldOptions {
  readonly world?: World;
  readonly store?: Store;
  readonly throttle?: ThrottleOptions | false;
  readonly rememberMs?: number;
  /** Default: `ada`'s password is `lovelace`, and nobody else's is anything. */
  readonly verify?: (user: string, password: string) => Promise<User | null>;
  readonly handlers?: readonly Handler<User>[];
  readonly onEvent?: OnEvent;
}

/** Log-ins by key: long and random, so no guess. */
export const keys: Handler<User> = {
  scheme: "Key",
  opens: "session",
  fromHeader: (payload) => ({ kind: "accepted", identity: { subject: payload } }),
};

export interface ThrottleWorld {
  readonly auth: Auth<User>;
  readonly world: World;
  readonly store: Store;
  readonly events: readonly AuthEvent[];
  /** What became of it: `"in"`, or the reason of the denial. */
  byHeader(user: string, password: string, attempt?: Attempt): Promise<string>;
  byRpc(user: string, password: string, attempt?: Attempt, scheme?: string): Promise<string>;
  /** How often a password was looked at. */
  checks(): number;
  /** Without what every denial and every session tells. */
  told(): AuthEvent[];
  /** Wrong passwords of one account, each from another place. */
  fail(times: number, user?: string): Promise<void>;
}

/** A node, and who tries to get in. Every attempt by header is a connection of its own. */
export function createThrottleWorld(options: ThrottleWorldOptions = {}): ThrottleWorld {
  const { world = createWorld(), store = memory({ platform: world.platform }), throttle, rememberMs = 0 } = options;
  const events: AuthEvent[] = [];
  let checks = 0;
  const verify =
    options.verify ??
    (async (user: string, password: string) =>
      user.normalize("NFKC").trim().toLowerCase() === "ada" && password === "lovelace" ? { subject: "ada" } : null);
  const auth: Auth<User> = createAuth<Handler<User>>({
    platform: world.platform,
    store,
    throttle,
    rememberMs,
    handlers: options.handlers ?? [
      basic({
        verify(user, password) {
          checks += 1;
          return verify(user, password);
        },
      }),
      keys,
    ],
    onEvent(event, origin) {
      events.push(event);
      options.onEvent?.(event, origin);
    },
  });

  async function byHeader(user: string, password: string, attempt: Attempt = {}): Promise<string> {
    const decision = await auth.authenticate({
      method: "GET",
      path: "/",
      rawHeaders: ["authorization", `Basic ${toPayload(user, password)}`, ...(attempt.rawHeaders ?? [])],
      peer: toPeer(attempt),
    });
    return decision.kind === "denied" ? decision.reason : "in";
  }

  async function byRpc(user: string, password: string, attempt: Attempt = {}, scheme = "Basic"): Promise<string> {
    const payload = scheme === "Basic" ? toPayload(user, password) : user;
    const outcome = await auth.logIn(
      { scheme, payload },
      { peer: toPeer(attempt), target: { method: "POST", path: "/" }, rawHeaders: attempt.rawHeaders },
    );
    return outcome.kind === "denied" ? outcome.reason : "in";
  }

  return {
    auth,
    world,
    store,
    events,
    byHeader,
    byRpc,
    checks: () => checks,
    told: () => events.filter(({ kind }) => kind !== "refused" && kind !== "session-opened"),
    async fail(times, user = "ada") {
      for (let index = 0; index < times; index++) await byRpc(user, `wrong ${index}`, { from: `192.0.2.${index}` });
    },
  };
}

export function toPayload(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString("base64");
}

function toPeer({ from = "203.0.113.1", peer }: Attempt): Peer {
  return peer ?? { address: from, trusted: false };
}

/** The same store, but as one that answers over a network. */
export function byPromises(store: Store): Store {
  return {
    ...store,
    loadRecord: async (kind, id) => store.loadRecord(kind, id),
    swapRecord: async (kind, id, version, json, lifeMs) => store.swapRecord(kind, id, version, json, lifeMs),
  };
}
