import type { Sent } from "./holders.js";
import type { Random } from "./random.js";
import { type Answer, nodeCount, type Servers } from "./servers.js";
import type { VirtualTime } from "./virtual-time.js";

/** Loses, delays, repeats and reorders what goes through it. */
export interface Network {
  /** Sends a request, to either node. `done` is called once at most, and never when the answer was lost. */
  send(sent: Sent, done: (answer: Answer) => void): void;
}

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly servers: Servers;
  /** The longest time between a request's composition and the server that decides about it. */
  readonly lateUpToMs: number;
  /** How often a request, or a second copy of it, is that late. */
  readonly lateness: number;
}

export function createNetwork({ time, random, servers, lateUpToMs, lateness }: NetworkOptions): Network {
  const quick = () => (random.chance(0.03) ? random.between(1, 3_000) : random.gap(20));
  // The last moment is where a rule that is wrong by a little shows it.
  const late = () => (random.chance(0.3) ? lateUpToMs - random.between(0, 50) : random.between(1_000, lateUpToMs));

  return {
    send(sent, done) {
      let answered = false;
      const deliver = (afterMs: number) =>
        time.after(Math.min(afterMs, lateUpToMs), () => {
          servers.receive(random.between(0, nodeCount - 1), sent, (answer) => {
            if (random.chance(0.01)) return;
            time.after(random.chance(0.02) ? random.between(1, 120_000) : random.gap(20), () => {
              if (answered) return;
              answered = true;
              done(answer);
            });
          });
        });

      const isLate = random.chance(lateness);
      const original = !isLate || random.chance(0.5);
      if (isLate) deliver(late());
      if (original && !random.chance(0.01)) deliver(quick());
      if (random.chance(0.01)) deliver(quick()); // a proxy sends it once more
    },
  };
}
