import type { Platform } from "../../base/platform.js";

/** The WebSockets that are open, whatever state they began with. */
export interface OpenTunnels {
  /**
   * Adds one.
   *
   * @param goAway tells its caller that the gateway goes away, and closes it
   * @returns removes it
   */
  add(goAway: () => void): () => void;
  /**
   * Closes all, spread over the time given, so that their callers do not all come back at once; those that open later, at
   * once.
   */
  close(spanMs: number): void;
}

/** The least time between two: a hundred come back in a second. */
const everyMs = 10;

export function createOpenTunnels(platform: Platform): OpenTunnels {
  const open = new Set<() => void>();
  let isClosing = false;
  return {
    add(goAway) {
      if (isClosing) {
        goAway();
        return () => {};
      }
      open.add(goAway);
      return () => open.delete(goAway);
    },
    close(spanMs) {
      isClosing = true;
      const stepMs = Math.min(everyMs, spanMs / open.size);
      let index = 0;
      for (const goAway of [...open]) {
        platform.delay(index * stepMs, () => {
          if (open.delete(goAway)) goAway();
        });
        index += 1;
      }
    },
  };
}
