import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AuthError } from "../../src/base/errors.js";
import { resolveRules, type SessionRulesOptions } from "../../src/sessions/rules.js";

const minute = 60_000;

test("the defaults are pinned", () => {
  const rules = resolveRules();
  assert.deepEqual(rules, {
    policy: "confirm-then-cut",
    rotateAfterMs: 5 * minute,
    overlapMs: 10_000,
    stragglerMs: minute,
    lifetimeMs: 35 * minute,
    idleMs: 30 * minute,
    absoluteMs: 12 * 60 * minute,
    unclaimedMs: 2 * minute,
  });
  assert.ok(Object.isFrozen(rules));
});

test("defaults follow what is given", () => {
  const short = resolveRules({ rotateAfterMs: 2_000, overlapMs: 1_000 });
  assert.equal(short.stragglerMs, 1_500);
  assert.equal(resolveRules({ rotateAfterMs: 1_001, overlapMs: 100 }).stragglerMs, 750);
  assert.equal(resolveRules({ rotateAfterMs: 60 * minute }).idleMs, 120 * minute);
  assert.equal(resolveRules({ absoluteMs: 20 * minute }).idleMs, 20 * minute);
  assert.equal(resolveRules({ rotateAfterMs: 1_000, absoluteMs: minute }).unclaimedMs, minute);
  assert.equal(resolveRules({ rotateAfterMs: 4_000 }).overlapMs, 2_000);
});

test("undefined means the default, and the input is not written to", () => {
  const input: SessionRulesOptions = Object.freeze({ idleMs: undefined, policy: undefined });
  assert.deepEqual(resolveRules(input), resolveRules());
});

describe("nonsense is refused with what to do about it", () => {
  const refused: readonly (readonly [SessionRulesOptions, string])[] = [
    [
      { stragglerMs: 300_000 },
      "stragglerMs (300000) must be at most 0.75 × rotateAfterMs (225000); shorten it or lengthen rotateAfterMs",
    ],
    [
      { rotateAfterMs: 1_001, overlapMs: 100, stragglerMs: 751 },
      "stragglerMs (751) must be at most 0.75 × rotateAfterMs (750); shorten it or lengthen rotateAfterMs",
    ],
    [{ overlapMs: 150_001 }, "overlapMs (150001) must be at most half of rotateAfterMs (300000); shorten overlapMs"],
    [
      { idleMs: 599_999 },
      "idleMs (599999) must be at least 2 × rotateAfterMs (600000); lengthen idleMs or shorten rotateAfterMs",
    ],
    [
      { idleMs: 13 * 60 * minute },
      "idleMs (46800000) would never take effect beyond absoluteMs (43200000); shorten it or leave it out",
    ],
    [{ absoluteMs: 599_999 }, "absoluteMs (599999) must be at least 2 × rotateAfterMs (600000); shorten rotateAfterMs"],
    [
      { absoluteMs: 600_000, unclaimedMs: 600_001 },
      "unclaimedMs (600001) would never take effect beyond absoluteMs (600000); shorten it",
    ],
    [{ lifetimeMs: 309_999 }, "lifetimeMs (309999) must be at least rotateAfterMs + overlapMs (310000); lengthen it"],
    [{ policy: "none" as "overlapping" }, 'policy must be "confirm-then-cut" or "overlapping"'],
  ];
  for (const [options, message] of refused) {
    test(message, () => {
      assert.throws(() => resolveRules(options), new AuthError("invalid_options", message));
    });
  }

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 0, 2 ** 53, "5000" as unknown as number]) {
    test(`${JSON.stringify(value)} (${value}) is no duration`, () => {
      const names = ["rotateAfterMs", "overlapMs", "lifetimeMs", "idleMs", "absoluteMs", "unclaimedMs"] as const;
      for (const name of names) {
        assert.throws(() => resolveRules({ [name]: value }), {
          code: "invalid_options",
          message: `${name} must be a whole number of milliseconds from 1 to 316224000000 (ten years)`,
        });
      }
    });
  }

  test("no straggler zone is allowed, a negative one is not", () => {
    assert.equal(resolveRules({ stragglerMs: 0 }).stragglerMs, 0);
    assert.throws(() => resolveRules({ stragglerMs: -1 }), { code: "invalid_options" });
  });
});
