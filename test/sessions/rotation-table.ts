import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SessionRow } from "../../src/model/store.js";
import { judgePresentation, type Outcome, type Presented, rotationDueAt } from "../../src/sessions/rotation.js";
import { rowWith, start, tokenOf } from "./rotation-row.js";

export const signing = 2;
export const row: SessionRow = rowWith();
export const due: number = rotationDueAt(row);
export const unconfirmed: SessionRow = rowWith({ confirmedAt: null });
export const newKey: Presented = tokenOf(4, start + 9_600, 9);
export const endOfSecond: number = Math.floor((start + 9_600) / 1000) * 1000 + 999;

export const accept: Outcome = { kind: "accept", give: false };
export const give: Extract<Outcome, { kind: "accept" }> = { kind: "accept", give: true };
export const superseded: Outcome = { kind: "refuse", code: "superseded" };
export const expired: Outcome = { kind: "refuse", code: "expired" };
export const reuseAt = (now: number): Outcome => ({
  kind: "refuse",
  code: "reuse",
  change: { revokedAt: now, revokedReason: "reuse" },
});
export const confirmAt = (now: number): Outcome => ({
  kind: "accept",
  give: false,
  event: "confirmed",
  change: { confirmedAt: now, claimed: true },
});
export const turnAt = (now: number, from: SessionRow): Outcome => ({
  kind: "accept",
  give: true,
  event: "turned",
  change: {
    generation: from.generation + 1,
    issuedAt: now,
    keyId: signing,
    confirmedAt: null,
    previousConfirmedAt: from.confirmedAt,
  },
});
export const healTo = (generation: number, issuedAt: number, now: number, previousConfirmedAt: number): Outcome => ({
  kind: "accept",
  give: false,
  event: "healed",
  change: { generation, issuedAt, keyId: 9, confirmedAt: now, previousConfirmedAt, claimed: true },
});

export interface Line {
  readonly name: string;
  readonly row?: SessionRow;
  /** Generation and issued-at of the token. Default: generation 3. */
  readonly token?: Presented;
  readonly now: number;
  readonly rotate?: boolean;
  readonly is: Outcome;
}

export function table(title: string, lines: readonly Line[]): void {
  describe(title, () => {
    for (const line of lines) {
      test(line.name, () => {
        const outcome = judgePresentation(
          line.row ?? row,
          line.token ?? tokenOf(3),
          line.now,
          signing,
          line.rotate ?? true,
        );
        assert.deepEqual(outcome, line.is);
      });
    }
  });
}
