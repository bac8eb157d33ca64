import type { Platform } from "../../base/platform.js";

/** How often in a window. */
export interface QuotaRule {
  readonly windowMs: number;
  readonly most: number;
  /** Of one source, so that a single one does not use up what all share. */
  readonly mostOfSource: number;
}

/**
 * At most `most` times in a window of `windowMs`, and so at most twice that in any span of that length: what strangers may
 * make us keep stays bounded. Who they are is forgotten with the window.
 *
 * @returns a function that says whether it may be done once more; without a source for all together only
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
