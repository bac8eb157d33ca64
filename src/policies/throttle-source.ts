import { after, rescue } from "../awaitable.js";
import type { OnEvent } from "../events.js";
import type { Awaitable, Verdict } from "../handlers/handler.js";
import { type ChangeNumbers, quietly } from "./shared-numbers.js";
import type { ThrottleRules } from "./throttle-options.js";
import { type BucketRule, isEmpty, isFailure, lifeOfBucket, putBack, take } from "./throttle-rule.js";

/**
 * For each source and for all together: beyond the budget nothing is run, so that a flood costs no hashes.
 *
 * @param source from `toSource`; `undefined` counts for all together only
 * @param verdictOf of what `check` returned: only a failure costs something
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

export function createGuardSource(rules: ThrottleRules, change: ChangeNumbers, emit: OnEvent): GuardSource {
  // No source has this name.
  const total: Bucket = { name: "*", rule: rules.total };

  function takeToken({ name, rule }: Bucket): Awaitable<boolean> {
    const taken = change("source-budget", name, (numbers, now) => {
      const next = take({ fullAt: numbers?.[0] ?? 0 }, now, rule);
      if (next === undefined) return { answer: "none" };
      const answer = isEmpty(next, now, rule) ? "last" : "one";
      return { answer, next: { numbers: [next.fullAt], lifeMs: lifeOfBucket(next, now) } };
    });
    return after(taken, (token) => {
      if (token === "last") emit({ kind: "source-throttled", source: name === total.name ? undefined : name });
      return token !== "none";
    });
  }

  function putTokenBack({ name, rule }: Bucket): Awaitable<void> {
    return quietly(() =>
      change("source-budget", name, (numbers, now) => {
        const next = putBack({ fullAt: numbers?.[0] ?? 0 }, now, rule);
        return { answer: undefined, next: { numbers: [next.fullAt], lifeMs: lifeOfBucket(next, now) } };
      }),
    );
  }

  /** The source first: a flood from one place does not use up what all share. */
  function enter(own: Bucket | undefined): Awaitable<"in" | "throttled"> {
    return after(own === undefined || takeToken(own), (hasOwn) => {
      if (!hasOwn) return "throttled";
      return after(takeToken(total), (hasTotal): Awaitable<"in" | "throttled"> => {
        if (hasTotal) return "in";
        return after(own && putTokenBack(own), () => "throttled");
      });
    });
  }

  return (source, check, verdictOf) => {
    const own = source === undefined ? undefined : { name: source, rule: rules.source };
    const entered = rescue<"in" | "throttled" | "unavailable">(
      () => enter(own),
      () => "unavailable",
    );
    return after(entered, (answer) => {
      if (answer !== "in") return answer;
      return after(check(), (checked) => {
        if (isFailure(verdictOf(checked))) return checked;
        return after(own && putTokenBack(own), () => after(putTokenBack(total), () => checked));
      });
    });
  };
}
