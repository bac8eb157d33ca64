import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionRow } from "../../../src/model/store.js";
import { resolveRules } from "../../../src/sessions/rules.js";
import { createCapCounter, ownerOf } from "../../../src/stores/memory/cap-counts.js";
import { isOver, toFirstRow, toNextRow } from "../../../src/stores/row.js";
import { createRandom } from "../../../src/testing/random.js";

const owner = ownerOf({ realm: "example", subject: "ada", actor: null });

const rules = [
  resolveRules({ rotateAfterMs: 100, idleMs: 300, absoluteMs: 2_000, unclaimedMs: 150 }),
  resolveRules({ rotateAfterMs: 100, idleMs: 1_000, absoluteMs: 1_000, unclaimedMs: 900 }),
];

test("the counts are those of a full look, whatever opens, is used, expires, ends or is removed", () => {
  const { seed, int: draw } = createRandom(process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : undefined);
  console.log(`seed ${seed} (FUZZ_SEED=${seed} repeats it)`);
  const counter = createCapCounter();
  let rows: SessionRow[] = [];
  let now = 1_000;
  for (let step = 0; step < 4_000; step++) {
    const row = rows[draw(rows.length + 1)];
    const replace = (next: SessionRow | undefined) => {
      counter.changed(row, next, now);
      rows = rows.flatMap((one) => (one === row ? (next ?? []) : one));
    };
    switch (draw(8)) {
      case 0:
      case 1: {
        const claimed = draw(2) === 0;
        const own = rules[draw(2)] ?? rules[0];
        const session = {
          ref: String(step),
          realm: "example",
          subject: "ada",
          actor: null,
          identity: "",
          scheme: "",
          keyId: 1,
          claimed,
        };
        const opened = toFirstRow({ ...session, rules: own as (typeof rules)[0] }, now, undefined);
        counter.changed(undefined, opened, now);
        rows = [...rows, opened];
        break;
      }
      case 2:
      case 3:
        // Also of a session that has expired: a store that lost a write may be moved forward then.
        if (row?.revokedAt === null) replace(toNextRow(row, { claimed: true, confirmedAt: now, issuedAt: now }));
        break;
      case 4:
        if (row?.revokedAt === null) replace(toNextRow(row, { revokedAt: now, revokedReason: "ended" }));
        break;
      case 5:
        if (row !== undefined) replace(undefined);
        break;
      default:
        now += draw(60);
    }
    const live = rows.filter((one) => !isOver(one, now));
    const expected = {
      unclaimed: live.filter((one) => !one.claimed).length,
      claimed: live.filter((one) => one.claimed).length,
      revoked: rows.filter((one) => one.revokedAt !== null).length,
    };
    const { unclaimed, claimed, revoked } = counter.count(owner, now, () => rows);
    assert.deepEqual({ unclaimed, claimed, revoked }, expected, `step ${step}`);
  }
});

test("a subject with a thousand sessions is not looked at again for each log-in", () => {
  const counter = createCapCounter();
  const own = rules[1] as (typeof rules)[0];
  const rows: SessionRow[] = [];
  let looks = 0;
  for (let index = 0; index < 1_000; index++) {
    const session = {
      ref: String(index),
      realm: "example",
      subject: "ada",
      actor: null,
      identity: "",
      scheme: "",
      keyId: 1,
      claimed: false,
    };
    const row = toFirstRow({ ...session, rules: own }, 1_000, undefined);
    rows.push(row);
    counter.changed(undefined, row, 1_000);
    counter.count(owner, 1_000, () => {
      looks += 1;
      return rows;
    });
  }
  assert.equal(looks, 1);
});
