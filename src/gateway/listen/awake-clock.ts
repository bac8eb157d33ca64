import type { Platform } from "../../base/platform.js";

/**
 * A clock for what clients must do in time. It stands still while the process does (SIGSTOP, a virtual machine that
 * moves, a blocked event loop): what a client sent meanwhile could not be read, so that time is not the client's.
 */
export interface AwakeClock {
  /** Milliseconds that never go back. From one tick to the next it goes on by `tickMs` at most. */
  now(): number;
  /** To be called every `tickMs`. */
  tick(): void;
  /** How long it stood still since the last tick but one, in milliseconds: for time-outs that Node measures itself. */
  lostMs(): number;
}

export function createAwakeClock(tickMs: number, platform: Platform): AwakeClock {
  let tickedAt = platform.monotonic();
  let atTick = 0;
  let lostBefore = 0;
  const sinceTick = (): number => platform.monotonic() - tickedAt;
  const lostNow = (): number => Math.max(0, sinceTick() - tickMs);
  return {
    now: () => atTick + Math.min(sinceTick(), tickMs),
    tick() {
      lostBefore = lostNow();
      atTick += Math.min(sinceTick(), tickMs);
      tickedAt = platform.monotonic();
    },
    lostMs: () => lostBefore + lostNow(),
  };
}
