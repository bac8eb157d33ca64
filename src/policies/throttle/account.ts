import { type Awaitable, after, rescue } from "../../base/awaitable.js";
import { rejected, unavailable, type Verdict } from "../../handlers/handler.js";
import type { Emit } from "../../model/events.js";
import type { Identity } from "../../model/identity.js";
import type { RequestOrigin } from "../../model/request.js";
import { toAccountName } from "./account-name.js";
import type { ThrottleRules } from "./options.js";
import {
  type AccountState,
  beginAttempt,
  calm,
  failuresOf,
  giveBack,
  isFailure,
  isStopped,
  lifeOf,
  lift,
} from "./rule.js";
import { type ChangeNumbers, orStayHigh } from "./shared-numbers.js";

export interface AccountThrottle {
  /**
   * Runs the handler for an attempt, which is counted as a failure before its result is known. A throttled attempt runs
   * the handler all the same and is refused whatever its verdict, so that neither answer nor time distinguishes it from
   * a wrong password.
   *
   * @param account from `Handler.accountOf`
   * @param from the request, for events
   */
  guardAccount<I extends Identity>(
    account: string,
    run: () => Awaitable<Verdict<I>>,
    from?: RequestOrigin,
  ): Awaitable<Verdict<I>>;
  /** Lets a stopped account accept passwords again, after a log-in that was no guess. Never fails. */
  lift(subject: string): Awaitable<void>;
  /**
   * Forgets the failures of an account. Returns `false` when there were none.
   *
   * @throws {AuthError} `unavailable`, or rejects with it, when the store cannot answer
   */
  reset(account: string): Awaitable<boolean>;
}

/** The longest account name in an event: that of a subject. A longer name is no account, and must not fill logs. */
const longestTold = 256;

/**
 * The longest name that may be an account's, in characters, as for user files and directories. To fold the spelling of a
 * name of megabytes, which any caller may send in a message, stops the process for seconds.
 */
const longestName = 1_024;

interface Begun {
  readonly blocked: boolean;
  readonly next: AccountState;
  readonly now: number;
}

export function createAccountThrottle(rules: ThrottleRules, change: ChangeNumbers, emit: Emit): AccountThrottle {
  const rule = rules.account;

  function changeAccount<T>(
    account: string,
    decide: (state: AccountState, now: number) => { readonly answer: T; readonly next?: AccountState },
  ): Awaitable<T> {
    return change("account-budget", account, (numbers, now) => {
      const { answer, next } = decide(toState(numbers), now);
      return next === undefined
        ? { answer }
        : { answer, next: { numbers: toNumbers(next), lifeMs: lifeOf(next, now, rule) } };
    });
  }

  function tell(name: string, { next, now }: Begun, from: RequestOrigin | undefined): void {
    const account = name.slice(0, longestTold);
    if (isStopped(next, rule)) emit({ kind: "account-stopped", account, failures: failuresOf(next) }, from);
    else if (next.blockedUntil > now) {
      emit({ kind: "account-throttled", account, delayMs: Math.round(next.blockedUntil - now) }, from);
    }
  }

  return {
    guardAccount<I extends Identity>(
      given: string,
      run: () => Awaitable<Verdict<I>>,
      from?: RequestOrigin,
    ): Awaitable<Verdict<I>> {
      if (given.length > longestName) return rejected;
      const account = toAccountName(given);
      const begin = () =>
        changeAccount(account, (state, now) => {
          const { blocked, next } = beginAttempt(state, now, rule);
          // Written even when nothing has changed, so that a throttled attempt takes as long as any other.
          return { answer: { blocked, next, now }, next };
        });
      const begun = rescue<Begun | undefined>(begin, () => undefined);
      return after(begun, (attempt): Awaitable<Verdict<I>> => {
        if (attempt === undefined) return unavailable;
        return after(run(), (verdict): Awaitable<Verdict<I>> => {
          if (attempt.blocked) return verdict.kind === "accepted" ? rejected : verdict;
          if (isFailure(verdict)) {
            tell(account, attempt, from);
            return verdict;
          }
          const result = verdict.kind === "accepted" ? "accepted" : "undecided";
          const given = orStayHigh(() =>
            changeAccount(account, (state, now) => ({
              answer: undefined,
              next: giveBack(state, now, rule, attempt.next.attempts, result),
            })),
          );
          return after(given, () => verdict);
        });
      });
    },

    lift(subject) {
      const account = toAccountName(subject);
      return orStayHigh(() => {
        const lifted = changeAccount(account, (state) =>
          failuresOf(state) === 0 ? { answer: false } : { answer: isStopped(state, rule), next: lift(state) },
        );
        return after(lifted, (wasStopped) => {
          if (wasStopped) emit({ kind: "account-reset", account: account.slice(0, longestTold) });
          return undefined;
        });
      });
    },

    reset(account) {
      const name = toAccountName(account);
      const done = changeAccount(name, (state, now) =>
        failuresOf(state) === 0 && state.calmAt <= now
          ? { answer: false }
          : { answer: true, next: { ...lift(state), calmAt: 0, blockedUntil: 0 } },
      );
      return after(done, (changed) => {
        if (changed) emit({ kind: "account-reset", account: name });
        return changed;
      });
    },
  };
}

function toState(numbers: readonly number[] | undefined): AccountState {
  if (numbers === undefined) return calm;
  const [calmAt = 0, blockedUntil = 0, attempts = 0, forgiven = 0] = numbers;
  return { calmAt, blockedUntil, attempts, forgiven };
}

function toNumbers({ calmAt, blockedUntil, attempts, forgiven }: AccountState): number[] {
  return [calmAt, blockedUntil, attempts, forgiven];
}
