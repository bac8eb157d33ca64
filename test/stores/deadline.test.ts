import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SessionChange, SessionRow } from "../../src/model/store.js";
import { sessionDeadline } from "../../src/sessions/rotation.js";
import { isOver, removableAt, toFirstRow, toNextRow } from "../../src/stores/row.js";
import { longRules } from "../../src/testing/store/context.js";

const rules = { ...longRules, unclaimedMs: 100, idleMs: 1_000, absoluteMs: 5_000 };
const opened = (claimed: boolean): SessionRow =>
  toFirstRow(
    {
      ref: "a",
      realm: "example",
      subject: "ada",
      actor: null,
      identity: "{}",
      scheme: "basic",
      rules,
      keyId: 1,
      claimed,
    },
    10_000,
    undefined,
  );

test("a session is over at its deadline, and not a millisecond before", () => {
  for (const row of [opened(false), opened(true)]) {
    assert.equal(isOver(row, sessionDeadline(row) - 1), false);
    assert.equal(isOver(row, sessionDeadline(row)), true);
  }
});

const changes = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 900 }),
    what: fc.constantFrom("confirm", "turn", "touch", "revoke", "nothing"),
  }),
  { maxLength: 12 },
);

test("no write brings the instant from which a row may be removed nearer, and none outlives the absolute limit", () => {
  fc.assert(
    fc.property(fc.boolean(), changes, (claimed, writes) => {
      let row = opened(claimed);
      let now = row.createdAt;
      for (const { afterMs, what } of writes) {
        now += afterMs;
        const change: Record<typeof what, SessionChange> = {
          confirm: { confirmedAt: now, claimed: true },
          turn: { generation: row.generation + 1, issuedAt: now, confirmedAt: null },
          touch: { touchedAt: now },
          revoke: { revokedAt: now, revokedReason: "logout" },
          nothing: {},
        };
        const next = toNextRow(row, change[what]);
        assert.ok(removableAt(next) >= removableAt(row), what);
        assert.ok(removableAt(next) >= Math.min(sessionDeadline(next), next.createdAt + rules.absoluteMs));
        assert.ok(removableAt(next) <= next.createdAt + rules.absoluteMs);
        row = next;
      }
    }),
  );
});
