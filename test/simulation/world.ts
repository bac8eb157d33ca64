import type { AuthEvent } from "../../src/model/events.js";
import type { SessionRules } from "../../src/model/session.js";
import { resolveRules, type SessionRulesOptions } from "../../src/sessions/rules.js";
import { createFragileStore } from "./fragile-store.js";
import type { Sent } from "./holders.js";
import { createNetwork, type Network } from "./network.js";
import { createRandom, type Random } from "./random.js";
import { type Answer, createServers, nodeCount, type Servers } from "./servers.js";
import { maxStoreTripMs } from "./store-link.js";
import { createVirtualTime, type VirtualTime } from "./virtual-time.js";

/** One deployment with everything that can go wrong in it. */
export interface SimulatedWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly rules: SessionRules;
  readonly servers: Servers;
  /** For those whose requests are late, but never later than the rules allow. */
  readonly network: Network;
  /** Without the late ones. */
  readonly fastNetwork: Network;
  readonly counts: { readonly [kind in AuthEvent["kind"]]?: number };
  /** When a session was first ended because of reuse. */
  readonly reuseAt: number | undefined;
  /** Somebody was let in later than `maxStalenessMs` after that. */
  readonly outlivedReuse: boolean;
  /** Node crashes and new keys from now on, and, if the store is to lose writes, fail-overs. */
  startFaults(spanMs: number, storeLosesWrites: boolean): void;
  stopFaults(): void;
  /** What each node says to a request, when nothing else goes wrong. */
  askAll(present: () => Sent, learn?: (nonce: string | null) => void): Promise<readonly (Answer | undefined)[]>;
}

/** The default of `createAuth`. */
const maxStalenessMs = 5_000;

/** Half of the runs have the durations that ship, half the tightest that they allow for a turn a minute. */
export function createSimulatedWorld(seed: number, changes: SessionRulesOptions = {}): SimulatedWorld {
  const random = createRandom(seed);
  const time = createVirtualTime();
  const honest = resolveRules(random.chance(0.5) ? {} : { rotateAfterMs: 60_000 });
  const rules = resolveRules({ ...honest, ...changes });
  const remoteStore = random.chance(0.5);
  const counts: { [kind in AuthEvent["kind"]]?: number } = {};
  let reuseAt: number | undefined;
  let outlivedReuse = false;
  let faults = 0;

  const { store, failOver } = createFragileStore(time, random);
  const servers = createServers({
    time,
    random,
    store,
    remoteStore,
    rules,
    onEvent(event) {
      counts[event.kind] = (counts[event.kind] ?? 0) + 1;
    },
    onAllowed() {
      if (reuseAt !== undefined && time.now > reuseAt + maxStalenessMs) outlivedReuse = true;
    },
  });
  store.watch((event) => {
    if (event.kind === "session" && event.reason === "reuse") reuseAt ??= time.now;
  });
  // The zones end at a boundary that is exclusive, by the store's clock.
  const lateUpToMs = honest.overlapMs + honest.stragglerMs - 1 - (remoteStore ? maxStoreTripMs : 0);

  function often(meanMs: number, fault: () => void): void {
    const now = faults;
    const next = () =>
      time.after(random.gap(meanMs), () => {
        if (faults !== now) return;
        fault();
        next();
      });
    next();
  }

  return {
    time,
    random,
    rules,
    servers,
    network: createNetwork({ time, random, servers, lateUpToMs, lateness: 1 / 1000 }),
    fastNetwork: createNetwork({ time, random, servers, lateUpToMs, lateness: 0 }),
    counts,
    get reuseAt() {
      return reuseAt;
    },
    get outlivedReuse() {
      return outlivedReuse;
    },
    startFaults(spanMs, storeLosesWrites) {
      const { rotateAfterMs } = rules;
      often(spanMs / 4, () => servers.crash(random.between(0, nodeCount - 1), random.between(10, 5_000)));
      often(spanMs, servers.rotateKey);
      if (!storeLosesWrites) return;
      often(spanMs / 4, () => {
        // More than two turns, between two pauses close to the idle limit, would be more than a row outlives.
        const lostMs = Math.min(random.gap(rotateAfterMs / random.pick([1, 10, 100])), 2 * rotateAfterMs);
        failOver(lostMs, random.chance(0.5));
      });
    },
    stopFaults() {
      faults += 1;
    },
    async askAll(present, learn) {
      const answers: (Answer | undefined)[] = [];
      for (let node = 0; node < nodeCount; node++) {
        for (let attempt = 0; attempt < 5 && answers[node] === undefined; attempt++) {
          servers.receive(node, present(), (answer) => {
            learn?.(answer.nonce);
            const isAnswer = answer.reason !== "unavailable" && (answer.reason !== "use_dpop_nonce" || !learn);
            if (isAnswer) answers[node] = answer;
          });
          await time.runUntil(time.now + 40_000);
        }
      }
      return answers;
    },
  };
}
