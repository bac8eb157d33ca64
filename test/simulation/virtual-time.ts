import type { Platform } from "../../src/base/platform.js";
import type { Random } from "./random.js";

/** A clock that stands still while anything runs, and jumps to whatever happens next. */
export interface VirtualTime {
  /** Whole milliseconds since 1970, as the store's clock shows them. */
  readonly now: number;
  /** Runs `done` after `ms`. Returns a function that cancels it. */
  after(ms: number, done: () => void): () => void;
  /** To be called by whoever settles a promise: those who wait for it run before the clock goes on. */
  settled(): void;
  /** Lets everything happen that happens before this instant. */
  runUntil(instant: number): Promise<void>;
  /** A machine in this world. Its wall clock is wrong by `skewMs`, and its monotonic clock runs too fast by `drift`. */
  platform(random: Random, skewMs: number, drift: number): Platform;
}

interface Event {
  readonly at: number;
  readonly order: number;
  done: (() => void) | undefined;
}

const startOfTime = 1_800_000_000_000;

export function createVirtualTime(): VirtualTime {
  const heap: Event[] = [];
  let now = startOfTime;
  let order = 0;
  let promisesSettled = false;

  function after(ms: number, done: () => void): () => void {
    const event: Event = { at: now + Math.max(0, Math.round(ms)), order: order++, done };
    push(heap, event);
    return () => {
      event.done = undefined;
    };
  }

  return {
    get now() {
      return now;
    },
    after,
    settled() {
      promisesSettled = true;
    },
    async runUntil(instant) {
      await new Promise(setImmediate);
      for (let event = heap[0]; event !== undefined && event.at <= instant; event = heap[0]) {
        pop(heap);
        if (event.done === undefined) continue;
        now = event.at;
        event.done();
        if (!promisesSettled) continue;
        promisesSettled = false;
        await new Promise(setImmediate); // all that hangs on a settled promise, however deep
      }
      now = Math.max(now, instant);
    },
    platform: (random, skewMs, drift) => ({
      now: () => now + skewMs,
      monotonic: () => (now - startOfTime) * (1 + drift),
      random: random.bytes,
      delay: (ms, done) =>
        after(ms, () => {
          promisesSettled = true;
          done();
        }),
    }),
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  for (; at > 0; ) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as Event;
    if (!isBefore(event, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop() as Event;
  const size = heap.length;
  if (size === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  heap[at] = last;
}
