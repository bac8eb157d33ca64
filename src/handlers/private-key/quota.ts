import type { Platform } from "../../base/platform.js";

/** How often something may be done in a window of time. */
export interface QuotaRule {
  readonly windowMs: number;
  readonly most: number;
  /** The limit of one source, so that one source cannot use up the quota of all. */
  readonly mostOfSource: number;
}

/**
 * Allows at most `most` uses in a window of `windowMs`, and so at most twice that in any span of that length. It bounds
 * what unauthenticated clients can make us keep. The sources are forgotten with the window.
 *
 * @returns a function that counts a use and returns `true`, or returns `false` when the quota is used up. Without a
 *   source only the common limit applies.
 */
export function createQuota(
  platform: Platform,
  { windowMs, most, mostOfSource }: QuotaRule,
): (source: string | undefined) => boolean {
  let windowStart = platform.monotonic();
  let used = 0;
  const bySource = new Map<string, number>();

  return (source) => {
    const now = platform.monotonic();
    if (now - windowStart >= windowMs) {
      windowStart = now;
      used = 0;
      bySource.clear();
    }
    const own = source === undefined ? 0 : (bySource.get(source) ?? 0);
    if (used >= most || own >= mostOfSource) return false;
    used += 1;
    if (source !== undefined) bySource.set(source, own + 1);
    return true;
  };
}
