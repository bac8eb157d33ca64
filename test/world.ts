import type { Platform } from "../src/base/platform.js";

export interface World {
  readonly platform: Platform;
  /** Turns the clock, running the timers that fall due on the way. */
  advance(ms: number): void;
}

/** A clock that only tests turn, and a generator with a seed. */
export function createWorld(seed = 1): World {
  let now = 1_800_000_000_000;
  let state = seed >>> 0 || 1;
  let timers: { at: number; done: () => void }[] = [];

  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  }

  return {
    platform: {
      now: () => now,
      monotonic: () => now - 1_700_000_000_000,
      random: (bytes) => Uint8Array.from({ length: bytes }, next),
      delay(ms, done) {
        const timer = { at: now + ms, done };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((other) => other !== due);
        now = Math.max(now, due.at);
        due.done();
      }
      now = end;
    },
  };
}
