import type { Awaitable } from "../../src/base/awaitable.js";
import type { Platform } from "../../src/base/platform.js";
import type { Auth } from "../../src/engine/auth.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { SigningKey } from "../../src/keys/key-ring.js";
import type { Decision } from "../../src/model/decision.js";
import type { AuthEvent } from "../../src/model/events.js";
import type { HeaderFields } from "../../src/model/request.js";
import type { Store } from "../../src/model/store.js";
import type { SessionRulesOptions } from "../../src/sessions/rules.js";
import { type Holder, password, type Sent, target } from "./holders.js";
import type { Random } from "./random.js";
import { createStoreLink } from "./store-link.js";
import type { VirtualTime } from "./virtual-time.js";

/** What a client sees of an answer. */
export interface Answer {
  readonly allowed: boolean;
  /** Of a denial. */
  readonly reason: string | null;
  /** The `authorization` field. */
  readonly authorization: string | null;
  /** The `dpop-nonce` field. */
  readonly nonce: string | null;
}

/** Two nodes of the shipped engine, on one store and one key ring. */
export interface Servers {
  /** `reply` is never called when the node is down, or goes down before it has answered. */
  receive(node: number, sent: Sent, reply: (answer: Answer) => void): void;
  /** It loses its memory, its calls under way get no answer, and it is back after `downMs`. */
  crash(node: number, downMs: number): void;
  /** Adds a key that both nodes get to know before it signs. */
  rotateKey(): void;
  /** A session of a log-in RPC, bound to what its holder has; its first token. */
  logIn(holder: Holder): Promise<string>;
}

export const nodeCount = 2;

export interface ServersOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly store: Store;
  readonly remoteStore: boolean;
  readonly rules: SessionRulesOptions;
  readonly onEvent: (event: AuthEvent) => void;
  /** Somebody is let in. */
  readonly onAllowed: () => void;
}

interface Node {
  readonly auth: Auth;
  up: boolean;
}

/** Plain sessions know nothing of it. */
const binding = { bindToCertificate: true, dpop: { sharedReplay: true } };

const handlers = [basic({ verify: (user, secret) => user === "ada" && secret === "lovelace" && { subject: "ada" } })];

export function createServers(options: ServersOptions): Servers {
  const { time, random, store, remoteStore, rules, onEvent, onAllowed } = options;
  let ring: SigningKey[] = [{ id: 1, secret: random.bytes(32), signsFrom: 0 }];
  const keys = { durable: true, load: () => ring };

  function boot(): Node {
    const machine = time.platform(random, random.between(-10_000, 10_000), (random.next() - 0.5) * 1e-4);
    const platform: Platform = { ...machine, delay: (ms, done) => machine.delay(ms, () => node.up && done()) };
    const link = createStoreLink(store, { time, random, platform, remote: remoteStore, isUp: () => node.up });
    const node: Node = {
      up: true,
      auth: createAuth({ ...rules, ...binding, handlers, store: link, keys, platform, onEvent }),
    };
    return node;
  }

  const nodes = Array.from({ length: nodeCount }, boot);

  function answer(node: Node, decision: Decision, reply: (answer: Answer) => void): void {
    if (!node.up) return;
    const nonce = nonceOf(decision);
    if (decision.kind !== "allowed") {
      const reason = decision.kind === "denied" ? decision.reason : null;
      reply({ allowed: false, reason, authorization: null, nonce });
      return;
    }
    onAllowed();
    const { offer } = decision;
    if (offer === undefined) {
      reply({ allowed: true, reason: null, authorization: null, nonce });
      return;
    }
    // The route runs now; most are fast, and some take longer than the token may wait.
    time.after(random.chance(0.01) ? random.between(1, 30_000) : random.gap(10), () => {
      if (!node.up) return;
      const authorization = offer.usable() ? `${offer.scheme} ${offer.token}` : null;
      reply({ allowed: true, reason: null, authorization, nonce });
    });
  }

  return {
    receive(index, { peer, ...fields }, reply) {
      const node = nodes[index] as Node;
      if (!node.up) return;
      const request = { ...target, rawHeaders: toRawHeaders(fields), peer };
      const decision: Awaitable<Decision> = node.auth.authenticate(request);
      if (decision instanceof Promise) {
        time.settled(); // it may be settled already
        void decision.then((decided) => answer(node, decided, reply));
      } else answer(node, decision, reply);
    },
    crash(index, downMs) {
      const node = nodes[index] as Node;
      node.up = false;
      time.after(downMs, () => {
        if (nodes[index] === node) nodes[index] = boot();
      });
    },
    rotateKey() {
      const id = ring.length + 1;
      ring = [...ring, { id, secret: random.bytes(32), signsFrom: time.now + 130_000 }];
    },
    async logIn(holder) {
      const proof = { scheme: "basic", payload: password.slice("Basic ".length) };
      for (;;) {
        let token: string | undefined;
        const { peer, ...fields } = holder.logIn();
        const context = { peer, target, rawHeaders: toRawHeaders(fields) };
        const opened = (nodes[0] as Node).auth.logIn(proof, context);
        time.settled();
        void opened.then((outcome) => {
          if (outcome.kind === "opened") token = outcome.token;
          if (outcome.kind !== "challenged") holder.learn(nonceOf(outcome));
        });
        await time.runUntil(time.now + 15_000);
        if (token !== undefined) return token;
      }
    },
  };
}

function toRawHeaders({ authorization, dpop }: Omit<Sent, "peer">): readonly string[] {
  const fields = ["host", target.host, "authorization", authorization];
  return dpop === undefined ? fields : [...fields, "dpop", dpop];
}

function nonceOf(answer: object): string | null {
  const { headers = [] } = answer as { readonly headers?: HeaderFields | undefined };
  return headers.find(([name]) => name === "dpop-nonce")?.[1] ?? null;
}
