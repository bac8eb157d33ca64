import { type Awaitable, after, rescue } from "../../base/awaitable.js";
import type { Verdict } from "../../handlers/handler.js";
import type { Emit } from "../../model/events.js";
import type { ThrottleRules } from "./options.js";
import { type BucketRule, isEmpty, isFailure, lifeOfBucket, putBack, take } from "./rule.js";
import { type ChangeNumbers, orStayHigh } from "./shared-numbers.js";
import { createTokenLease } from "./token-lease.js";

/**
 * Runs a check unless the budget of its source, or that of all sources together, is used up. So a flood costs no
 * hashes.
 *
 * @param source from `toSource`; `undefined` counts towards the common budget only
 * @param verdictOf returns the verdict of a result of `check`: only a failure uses the budget
 */
export type GuardSource = <T>(
  source: string | undefined,
  check: () => Awaitable<T>,
  verdictOf: (checked: T) => Verdict,
) => Awaitable<T | "throttled" | "unavailable">;

interface Bucket {
  readonly name: string;
  readonly rule: BucketRule;
}

type Entered = "in" | "throttled" | "unavailable";

/** A process fetches tokens of the common budget several at a time: a hundredth of the burst, and ten at most. */
const largestLease = 10;

export function createGuardSource(rules: ThrottleRules, change: ChangeNumbers, emit: Emit): GuardSource {
  // No source has this name, since sources are addresses.
  const total: Bucket = { name: "*", rule: rules.total };
  const leaseSize = Math.min(largestLease, Math.ceil(rules.total.burst / 100));
  const shared = createTokenLease(leaseSize, (wanted) => takeTokens(total, wanted));
  let underWay = 0;

  function takeTokens({ name, rule }: Bucket, wanted: number): Awaitable<number> {
    const answer = change("source-budget", name, (numbers, now) => {
      const { taken, next } = take({ fullAt: numbers?.[0] ?? 0 }, now, rule, wanted);
      if (taken === 0) return { answer: { taken, isLast: false } };
      const isLast = isEmpty(next, now, rule);
      return { answer: { taken, isLast }, next: { numbers: [next.fullAt], lifeMs: lifeOfBucket(next, now) } };
    });
    return after(answer, ({ taken, isLast }) => {
      if (isLast) emit({ kind: "source-throttled", source: name === total.name ? undefined : name });
      return taken;
    });
  }

  function putTokenBack({ name, rule }: Bucket): Awaitable<void> {
    return orStayHigh(() =>
      change("source-budget", name, (numbers, now) => {
        const next = putBack({ fullAt: numbers?.[0] ?? 0 }, now, rule);
        return { answer: undefined, next: { numbers: [next.fullAt], lifeMs: lifeOfBucket(next, now) } };
      }),
    );
  }

  /** Takes a token of the source's budget first, so that a flood from one source does not use up the common budget. */
  function enter(own: Bucket | undefined): Awaitable<Entered> {
    return after(own === undefined ? 1 : takeTokens(own, 1), (taken) => {
      if (taken === 0) return "throttled";
      return after(
        shared.take(),
        (isIn): Awaitable<Entered> => (isIn ? "in" : after(own && putTokenBack(own), () => "throttled")),
      );
    });
  }

  function leave(own: Bucket | undefined): Awaitable<void> {
    shared.putBack();
    return own && putTokenBack(own);
  }

  return (source, check, verdictOf) => {
    // Refused before anything is counted: a flood must not cause writes faster than passwords are checked.
    if (underWay >= rules.maxUnderWay) return "unavailable";
    underWay += 1;
    const own = source === undefined ? undefined : { name: source, rule: rules.source };
    const done = after(
      rescue<Entered>(
        () => enter(own),
        () => "unavailable",
      ),
      (entered) => {
        if (entered !== "in") return entered;
        return after(check(), (checked) =>
          isFailure(verdictOf(checked)) ? checked : after(leave(own), () => checked),
        );
      },
    );
    return finish(done, () => {
      underWay -= 1;
    });
  };
}

function finish<T>(answer: Awaitable<T>, done: () => void): Awaitable<T> {
  if (answer instanceof Promise) return answer.finally(done);
  done();
  return answer;
}
