import type { Verdict } from "../../handlers/handler.js";

/**
 * How often a password may be guessed: the whole rule, pure. State in, decision and next state out; `throttle.ts` keeps
 * the state in the store, by compare-and-set. Instants are milliseconds of the store's clock.
 */

/** Only a wrong guess costs something: not a right one, and not what a handler could not tell. */
export function isFailure({ kind }: Verdict): boolean {
  return kind === "rejected" || kind === "declined";
}

/** How failed log-ins of one account slow down the next ones. Durations in milliseconds. */
export interface AccountRule {
  /** Failures that cost nothing. */
  readonly freeFailures: number;
  /** After the first failure beyond; each one more doubles it. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A failure counts for the delay until this has passed; they pass one after the other. */
  readonly forgetFailureMs: number;
  /** Failures in a row after which nothing is accepted any more (NIST SP 800-63B-4 §3.2.2: at most 100). */
  readonly maxFailures: number;
}

/** What the nodes share of one account. */
export interface AccountState {
  /** When no failure counts for the delay any more. */
  readonly calmAt: number;
  /** Nothing is accepted before. */
  readonly blockedUntil: number;
  /** Attempts that were counted, those under way included. */
  readonly attempts: number;
  /** How many of them are no failures in a row any more: up to the last success. Time does not add to it. */
  readonly forgiven: number;
}

/** An attempt that is under way. */
export interface AccountAttempt {
  /** Whatever comes of it is refused. */
  readonly blocked: boolean;
  readonly next: AccountState;
}

/** Of an account that nobody has tried to guess. */
export const calm: AccountState = Object.freeze({ calmAt: 0, blockedUntil: 0, attempts: 0, forgiven: 0 });

/** Without the future of a clock that was set back: no account is blocked for longer than the rule ever would. */
function atNow(state: AccountState, now: number, rule: AccountRule): AccountState {
  return {
    ...state,
    calmAt: Math.min(Math.max(state.calmAt, now), now + rule.maxFailures * rule.forgetFailureMs),
    blockedUntil: Math.min(state.blockedUntil, now + rule.longestDelayMs),
  };
}

/** How many failures beyond the free ones count for the delay now. */
function excess({ calmAt }: AccountState, now: number, rule: AccountRule): number {
  return Math.ceil((calmAt - now) / rule.forgetFailureMs) - rule.freeFailures;
}

/** How many failures in a row there are, with those that may still become some. */
export function failuresOf({ attempts, forgiven }: AccountState): number {
  return Math.max(0, attempts - forgiven);
}

/** Nothing is accepted until the account is lifted or reset. */
export function isStopped(state: AccountState, rule: AccountRule): boolean {
  return failuresOf(state) >= rule.maxFailures;
}

/**
 * Counts an attempt as a failure, before anybody knows: of guesses in parallel none slips through. A blocked one is not
 * counted, since it tells whoever guesses nothing. Its number is `next.attempts`.
 */
export function beginAttempt(state: AccountState, now: number, rule: AccountRule): AccountAttempt {
  const current = atNow(state, now, rule);
  if (isStopped(current, rule) || now < current.blockedUntil) return { blocked: true, next: current };
  const next = { ...current, calmAt: current.calmAt + rule.forgetFailureMs, attempts: current.attempts + 1 };
  const beyond = excess(next, now, rule);
  const delayMs = beyond < 1 ? 0 : Math.min(rule.firstDelayMs * 2 ** (beyond - 1), rule.longestDelayMs);
  // An instant in any case: a state with a delay is not longer than one without, and takes as long to read.
  return { blocked: false, next: { ...next, blockedUntil: now + delayMs } };
}

/**
 * Gives back an attempt that was not blocked and turned out to be no wrong guess.
 *
 * A success ends the failures in a row that were counted before it. For the delay it gives back its own share and no
 * other: else whoever guesses would profit from each log-in of his victim.
 *
 * @param attempt its number
 * @param result `"accepted"`; `"undecided"` where the handler could not tell, or wants another message
 */
export function giveBack(
  state: AccountState,
  now: number,
  rule: AccountRule,
  attempt: number,
  result: "accepted" | "undecided",
): AccountState {
  const current = atNow(state, now, rule);
  const { forgiven } = current;
  const next = {
    ...current,
    calmAt: Math.max(now, current.calmAt - rule.forgetFailureMs),
    forgiven: result === "accepted" ? Math.max(forgiven, attempt) : forgiven + Number(attempt > forgiven),
  };
  return excess(next, now, rule) < 1 ? { ...next, blockedUntil: now } : next;
}

/** After a log-in by other means: the failures in a row are over, the delay is not. */
export function lift(state: AccountState): AccountState {
  return { ...state, forgiven: state.attempts };
}

const weekMs = 7 * 24 * 60 * 60 * 1_000;

const tenYearsMs = 10 * 365 * 24 * 60 * 60 * 1_000;

/**
 * A shorter life of a record could begin and end between the reading and the writing of another node: the versions of
 * two lives must not be taken for each other.
 */
const shortestLifeMs = 60_000;

/**
 * How long to keep a state: a week for each failure in a row, and a stopped account until somebody resets it. So
 * invented names do not stay for ever, and whoever waits until he is forgotten has one guess a week.
 */
export function lifeOf(state: AccountState, now: number, rule: AccountRule): number {
  const remembered = isStopped(state, rule) ? tenYearsMs : failuresOf(state) * weekMs;
  return Math.max(shortestLifeMs, state.calmAt - now, state.blockedUntil - now, remembered);
}

/** How many failed log-ins may come from one source, or from all: a token bucket. */
export interface BucketRule {
  readonly burst: number;
  /** One more is allowed each time this has passed, up to `burst`. Milliseconds. */
  readonly refillMs: number;
}

/** When the bucket is full again: all that there is to know of it (GCRA, ITU-T I.371). 0: it is full. */
export interface BucketState {
  readonly fullAt: number;
}

/** Takes as many tokens as there are, and at most so many. `next` is the state as it was when there is none. */
export function take(
  state: BucketState,
  now: number,
  rule: BucketRule,
  wanted = 1,
): { readonly taken: number; readonly next: BucketState } {
  const capacityMs = rule.burst * rule.refillMs;
  // No bucket that a clock set back may be emptier than empty.
  const missingMs = Math.min(Math.max(state.fullAt - now, 0), capacityMs);
  const taken = Math.min(wanted, Math.floor((capacityMs - missingMs) / rule.refillMs));
  return { taken, next: { fullAt: now + missingMs + taken * rule.refillMs } };
}

/** Puts one token back: the log-in did not fail. */
export function putBack(state: BucketState, now: number, rule: BucketRule): BucketState {
  return { fullAt: Math.max(now, state.fullAt - rule.refillMs) };
}

/** The last token was taken. */
export function isEmpty({ fullAt }: BucketState, now: number, rule: BucketRule): boolean {
  return fullAt + rule.refillMs > now + rule.burst * rule.refillMs;
}

/** How long to keep a bucket: until it is full. */
export function lifeOfBucket({ fullAt }: BucketState, now: number): number {
  return Math.max(shortestLifeMs, fullAt - now);
}
