import assert from "node:assert/strict";
import type { Awaitable } from "../../src/base/awaitable.js";
import type { Auth } from "../../src/engine/auth.js";
import { createAuth } from "../../src/engine/auth.js";
import type { AuthOptions } from "../../src/engine/options.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import { type KeyRing, randomKeys } from "../../src/keys/key-ring.js";
import type { Allowed, AuthenticateOptions, Decision, Denial } from "../../src/model/decision.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { Peer } from "../../src/model/request.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld, type World } from "../world.js";

export type User = { readonly subject: string; readonly name: string };
export type Node = Auth<User>;

/** Short round durations; the jitter takes up to a quarter of `rotateAfterMs`. */
export const durations = {
  rotateAfterMs: 60_000,
  overlapMs: 5_000,
  stragglerMs: 20_000,
  idleMs: 300_000,
  absoluteMs: 3_600_000,
} as const;

export const passwords: ReadonlyMap<string, string> = new Map([
  ["ada", "lovelace"],
  ["bob", "builder"],
]);

/** A password check that answers by a promise, as real ones do. */
export const users: Handler<User> = basic({
  verify: async (user, password) => (passwords.get(user) === password ? { subject: user, name: user } : null),
});

export interface Cluster {
  readonly world: World;
  readonly store: Store;
  readonly keys: KeyRing;
  readonly nodes: readonly Node[];
  readonly events: AuthEvent[];
  readonly node: Node;
}

export type ClusterOptions = Partial<Omit<AuthOptions<Handler<User>>, "store" | "platform" | "keys">> & {
  readonly count?: number;
  readonly world?: World;
  readonly store?: (world: World) => Store;
  /** What each node sees of the store. */
  readonly view?: (store: Store, index: number) => Store;
};

/** Some nodes with one store, one ring and one clock. */
export function createCluster(options: ClusterOptions = {}): Cluster {
  const { count = 1, view = (store) => store, store: makeStore, world = createWorld(), ...rest } = options;
  const { platform } = world;
  const store = makeStore?.(world) ?? memory({ platform });
  const keys = randomKeys(platform);
  const events: AuthEvent[] = [];
  const nodes = Array.from({ length: count }, (_, index) =>
    createAuth<Handler<User>>({
      handlers: [users],
      ...durations,
      // Refusals have tests of their own.
      onEvent: (event) => event.kind !== "refused" && events.push(event),
      ...rest,
      store: view(store, index),
      platform,
      keys,
    }),
  );
  const [node] = nodes;
  assert.ok(node);
  return { world, store, keys, nodes, events, node };
}

export const peer: Peer = Object.freeze({ address: "192.0.2.1", trusted: false });

export const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** Presents an `Authorization` value. */
export function present(
  node: Auth<User>,
  authorization: string,
  options: AuthenticateOptions & { readonly peer?: Peer } = {},
): Awaitable<Decision<User>> {
  const { peer: from = peer, ...rest } = options;
  return node.authenticate(
    { method: "GET", path: "/", rawHeaders: ["Authorization", authorization], peer: from },
    rest,
  );
}

export const bearer = (node: Node, token: string, options?: AuthenticateOptions): Awaitable<Decision<User>> =>
  present(node, `Bearer ${token}`, options);

export function requireAllowed(decision: Decision<User>): Allowed<User> {
  assert.equal(decision.kind, "allowed", JSON.stringify(decision));
  return decision as Allowed<User>;
}

export function requireDenied(decision: Decision<User>, reason: Denial["reason"]): Denial {
  assert.equal(decision.kind, "denied", "let in");
  assert.equal((decision as Denial).reason, reason);
  return decision as Denial;
}

/** The token that the answer carries. */
export function requireOffer(decision: Decision<User>): string {
  const { offer } = requireAllowed(decision);
  assert.ok(offer, "no token was offered");
  return offer.token;
}

/** A claimed session of `ada`, its token confirmed. */
export async function logIn(node: Node, user = "ada"): Promise<{ token: string; ref: string }> {
  const outcome = await node.logIn(
    { scheme: "Basic", payload: basicOf(user, passwords.get(user) ?? "").slice("Basic ".length) },
    { peer, target: { method: "POST", path: "/log-in" } },
  );
  assert.equal(outcome.kind, "opened", JSON.stringify(outcome));
  assert.ok(outcome.kind === "opened");
  requireAllowed(await bearer(node, outcome.token));
  return { token: outcome.token, ref: outcome.session.ref };
}
