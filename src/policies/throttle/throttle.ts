import type { Emit } from "../../model/events.js";
import { type AccountThrottle, createAccountThrottle } from "./account.js";
import type { ThrottleRules } from "./options.js";
import { createSharedNumbers, type SharedNumbersParts } from "./shared-numbers.js";
import { createGuardSource, type GuardSource } from "./source.js";

/**
 * Slows down guesses at passwords. The rule is in `rule.ts`; its state is in the store, so that all nodes share one
 * budget. If the store cannot answer, a log-in is `unavailable`: none succeeds uncounted.
 */
export interface Throttle extends AccountThrottle {
  readonly guardSource: GuardSource;
  /** The `Retry-After` of a throttled source (RFC 9110 §10.2.3): after that time it has one more attempt. */
  readonly retryAfterSeconds: number;
}

/** For operators: the counts of failed log-ins. */
export interface AccountReset {
  /**
   * Forgets the failures of an account, so that its password is accepted again at once: on every node.
   *
   * @param account a name in any spelling, as typed at log-in
   * @returns `false` when there were none
   * @throws {AuthError} `unavailable` when the store cannot answer
   */
  reset(account: string): Promise<boolean>;
}

export interface ThrottleParts extends SharedNumbersParts {
  /** The rules. `undefined`: no attempt is counted or refused. */
  readonly throttle: ThrottleRules | undefined;
  readonly emit: Emit;
}

export function createThrottle(parts: ThrottleParts): Throttle {
  const { throttle: rules, emit } = parts;
  if (rules === undefined) return noThrottle;
  const change = createSharedNumbers(parts);
  return {
    guardSource: createGuardSource(rules, change, emit),
    retryAfterSeconds: Math.ceil(rules.source.refillMs / 1_000),
    ...createAccountThrottle(rules, change, emit),
  };
}

const noThrottle: Throttle = {
  guardSource: (_source, check) => check(),
  retryAfterSeconds: 0,
  guardAccount: (_account, run) => run(),
  lift: () => undefined,
  reset: () => false,
};
