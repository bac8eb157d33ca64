import { type BoundTo, createHolder, type Holder, type Sent } from "./holders.js";
import type { HonestClient } from "./honest-client.js";
import type { Network } from "./network.js";
import type { Random } from "./random.js";
import { startClient, whoIsStuck } from "./scenarios.js";
import type { Strategy } from "./thieves.js";
import { createSimulatedWorld } from "./world.js";

/** What one run of a theft from a bound session came to. */
export interface BoundTheftResult {
  /** Calls that the thief made, in any of the ways that there are without the key. */
  readonly tries: number;
  /** Of them, those that were let in. */
  readonly letIn: number;
  /** Why the owner was logged out, if they were. */
  readonly loggedOut: string | undefined;
  readonly alarms: number;
}

export interface BoundTheftScenario {
  readonly strategy: Strategy;
  /** `undefined`: a plain session, to see that the same thief is let in there. */
  readonly boundTo: BoundTo;
}

/** How long the thief is watched, in units of `rotateAfterMs`. */
const span = 15;

/** Refusals that say no more than that the key is missing. Whoever is patient goes on trying. */
const lacksKey: ReadonlySet<string | null> = new Set(["invalid_dpop_proof", "use_dpop_nonce", "invalid_token"]);

/** A thief who can copy every token of a session and every request of its owner, and a victim who is at work. */
export async function runBoundTheft(
  seed: number,
  { strategy, boundTo }: BoundTheftScenario,
): Promise<BoundTheftResult> {
  const world = createSimulatedWorld(seed);
  const { time, random, rules, fastNetwork } = world;
  const { rotateAfterMs } = rules;
  const holder = createHolder(boundTo);
  const victim = await startClient(world, random.pick([1, 2, 8]), holder);
  world.startFaults(span * rotateAfterMs, false);
  await time.runUntil(time.now + random.between(rotateAfterMs, 6 * rotateAfterMs));

  const counts = { tries: 0, letIn: 0 };
  const network = createThiefNetwork({ random, network: fastNetwork, victim, own: createHolder(boundTo), counts });
  const nextMs = () => random.gap(rotateAfterMs / 10);
  const thief = strategy({ ...rules, time, random, network, nextMs, steal: () => victim.held.at(-1) ?? "" });
  const endAt = time.now + span * rotateAfterMs;
  while (time.now < endAt && victim.loggedOut === undefined) await time.runUntil(time.now + rotateAfterMs);

  thief.stop();
  victim.stop();
  world.stopFaults();
  const loggedOut = victim.loggedOut?.reason ?? (await whoIsStuck(world, victim.token, holder));
  return { ...counts, loggedOut, alarms: world.counts.reuse ?? 0 };
}

interface ThiefNetworkOptions {
  readonly random: Random;
  readonly network: Network;
  readonly victim: HonestClient;
  /** A key or certificate of the thief's own. */
  readonly own: Holder;
  readonly counts: { tries: number; letIn: number };
}

/** Presents a token in any way that there is without the key. */
function createThiefNetwork({ random, network, victim, own, counts }: ThiefNetworkOptions): Network {
  function waysOf(sent: Sent): readonly (() => Sent)[] {
    const token = sent.authorization.slice("Bearer ".length);
    const copied = victim.used.at(-1);
    const ways = [() => sent, () => own.present(token)];
    // With somebody's certificate one cannot be on the wire: there is nothing to copy but the header fields.
    if (copied?.dpop !== undefined)
      ways.push(
        () => copied,
        () => ({ ...copied, authorization: `DPoP ${token}` }),
      );
    return ways;
  }

  return {
    send(sent, done) {
      counts.tries += 1;
      network.send(random.pick(waysOf(sent))(), (answer) => {
        own.learn(answer.nonce);
        if (answer.allowed) counts.letIn += 1;
        if (!lacksKey.has(answer.reason)) done(answer);
      });
    },
  };
}
