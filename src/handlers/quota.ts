import type { Platform } from "../platform.js";

/**
 * At most `most` times in a window of `windowMs`, and so at most twice that in any span of that length: what strangers may
 * make us keep stays bounded without a record of who they are.
 *
 * @returns a function that says whether it may be done once more
 */
export function createQuota(platform: Platform, windowMs: number, most: number): () => boolean {
  let windowStart = platform.monotonic();
  let used = 0;
  return () => {
    const now = platform.monotonic();
    if (now - windowStart >= windowMs) {
      windowStart = now;
      used = 0;
    }
    used++;
    return used <= most;
  };
}
