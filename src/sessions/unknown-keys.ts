import type { Platform } from "../base/platform.js";
import type { Emit } from "../model/events.js";
import type { RequestOrigin } from "../model/request.js";

/** The shortest interval between two events: any caller can make up tokens. */
const quietMs = 60_000;

/** Makes what reports tokens that name a key which the ring lacks, once a minute at most. */
export function createUnknownKeys(platform: Platform, emit: Emit): (keyId: number, source: RequestOrigin) => void {
  let tokens = 0;
  let quietUntil = Number.NEGATIVE_INFINITY;
  return (keyId, source) => {
    tokens += 1;
    const now = platform.monotonic();
    if (now < quietUntil) return;
    quietUntil = now + quietMs;
    emit({ kind: "unknown-key", keyId, tokens }, source);
    tokens = 0;
  };
}
