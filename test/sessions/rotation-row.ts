import type { SessionRules } from "../../src/model/session.js";
import type { SessionRow } from "../../src/model/store.js";
import type { Presented } from "../../src/sessions/rotation.js";

/** Small round durations, so that a boundary in a test can be read off. */
export const tableRules: SessionRules = Object.freeze({
  policy: "confirm-then-cut",
  rotateAfterMs: 8_000,
  overlapMs: 1_000,
  stragglerMs: 6_000,
  lifetimeMs: 20_000,
  idleMs: 30_000,
  absoluteMs: 200_000,
  unclaimedMs: 5_000,
});

export const overlappingRules: SessionRules = Object.freeze({ ...tableRules, policy: "overlapping" });

/** An instant whose milliseconds are not zero, so that the floor in the token shows. */
export const start = 1_700_000_000_250;

/** Generation 3, issued at `start`, confirmed 100 ms later; opened 50 s before. */
export function rowWith(change: Partial<SessionRow> = {}): SessionRow {
  return {
    ref: "AbCdEfGhIjKlMnOpQrStUv",
    version: 7,
    realm: "example",
    subject: "ada",
    actor: null,
    identity: "{}",
    scheme: "basic",
    rules: tableRules,
    generation: 3,
    issuedAt: start,
    keyId: 1,
    confirmedAt: start + 100,
    previousConfirmedAt: start - 7_000,
    touchedAt: start - 50_000,
    recheckedAt: start - 50_000,
    createdAt: start - 50_000,
    claimed: true,
    revokedAt: null,
    revokedReason: null,
    ...change,
  };
}

/** What a token of `generation` says, issued at `issuedAt` milliseconds. */
export function tokenOf(generation: number, issuedAt: number = start, keyId = 1): Presented {
  return { generation, issuedAt: Math.floor(issuedAt / 1000), keyId };
}
