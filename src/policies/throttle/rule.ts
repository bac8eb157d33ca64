import type { Verdict } from "../../handlers/handler.js";

/**
 * The rule of how often a password may be guessed, as pure functions from state to decision and next state.
 * `account.ts` and `source.ts` keep the state in the store, by compare-and-set. Instants are milliseconds of the
 * store's clock.
 */

/** Whether a verdict counts as a failure. `accepted` does not, nor does a verdict that decides nothing. */
export function isFailure({ kind }: Verdict): boolean {
  return kind === "rejected" || kind === "declined";
}

/** How failed log-ins of one account delay the next ones. Durations are in milliseconds. */
export interface AccountRule {
  /** How many failures cause no delay. */
  readonly freeFailures: number;
  /** The delay after the first further failure; each next failure doubles it. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** How long a failure counts for the delay; failures are forgotten one after the other. */
  readonly forgetFailureMs: number;
  /** After how many consecutive failures no password is accepted (NIST SP 800-63B-4 §3.2.2: at most 100). */
  readonly maxFailures: number;
}

/** The state of one account, which all nodes share. */
export interface AccountState {
  /** The instant from which no failure counts for the delay. */
  readonly calmAt: number;
  /** The instant before which no password is accepted. */
  readonly blockedUntil: number;
  /** How many attempts were counted, those under way included. */
  readonly attempts: number;
  /**
   * How many of the attempts no longer count as consecutive failures: those up to the last success. Time does not add
   * to it.
   */
  readonly forgiven: number;
}

/** The decision on an attempt. */
export interface AccountAttempt {
  /** The attempt is refused whatever the handler's verdict. */
  readonly blocked: boolean;
  readonly next: AccountState;
}

/** The state of an account without attempts. */
export const calm: AccountState = Object.freeze({ calmAt: 0, blockedUntil: 0, attempts: 0, forgiven: 0 });

/** Bounds a state after the clock was set back: no account stays blocked for longer than the rule allows. */
function atNow(state: AccountState, now: number, rule: AccountRule): AccountState {
  return {
    ...state,
    calmAt: Math.min(Math.max(state.calmAt, now), now + rule.maxFailures * rule.forgetFailureMs),
    blockedUntil: Math.min(state.blockedUntil, now + rule.longestDelayMs),
  };
}

/** Returns how many failures beyond `freeFailures` count for the delay now. */
function excess({ calmAt }: AccountState, now: number, rule: AccountRule): number {
  return Math.ceil((calmAt - now) / rule.forgetFailureMs) - rule.freeFailures;
}

/** Returns the number of consecutive failures, attempts under way included. */
export function failuresOf({ attempts, forgiven }: AccountState): number {
  return Math.max(0, attempts - forgiven);
}

/** Whether the account is stopped: no password is accepted until it is lifted or reset. */
export function isStopped(state: AccountState, rule: AccountRule): boolean {
  return failuresOf(state) >= rule.maxFailures;
}

/**
 * Begins an attempt. It is counted as a failure before its result is known, so that parallel guesses are all counted. A
 * blocked attempt is not counted, since it reveals nothing to an attacker. Its number is `next.attempts`.
 */
export function beginAttempt(state: AccountState, now: number, rule: AccountRule): AccountAttempt {
  const current = atNow(state, now, rule);
  if (isStopped(current, rule) || now < current.blockedUntil) return { blocked: true, next: current };
  const next = { ...current, calmAt: current.calmAt + rule.forgetFailureMs, attempts: current.attempts + 1 };
  const beyond = excess(next, now, rule);
  const delayMs = beyond < 1 ? 0 : Math.min(rule.firstDelayMs * 2 ** (beyond - 1), rule.longestDelayMs);
  // Set in any case, so that a state with a delay is not longer than one without, and takes as long to read.
  return { blocked: false, next: { ...next, blockedUntil: now + delayMs } };
}

/**
 * Takes back the count of an attempt that was not blocked and did not fail.
 *
 * A success resets the consecutive failures that were counted before it. From the delay it takes back its own share
 * only: otherwise an attacker would gain guesses with each log-in of the victim.
 *
 * @param attempt the number of the attempt
 * @param result `"accepted"`; `"undecided"` if the handler could not decide, or wants another message
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

/** Resets the consecutive failures, after a log-in by other means. The delay stays. */
export function lift(state: AccountState): AccountState {
  return { ...state, forgiven: state.attempts };
}

const weekMs = 7 * 24 * 60 * 60 * 1_000;

const tenYearsMs = 10 * 365 * 24 * 60 * 60 * 1_000;

/**
 * The shortest life of a record. A shorter one could begin and end between the read and the write of another node,
 * which would then take a new record for the old one.
 */
const shortestLifeMs = 60_000;

/**
 * Returns how long to keep a state, in milliseconds: a week for each consecutive failure, and ten years for a stopped
 * account, which an operator should reset. So invented names do not stay for ever, and an attacker who waits until
 * failures are forgotten has one guess a week.
 */
export function lifeOf(state: AccountState, now: number, rule: AccountRule): number {
  const remembered = isStopped(state, rule) ? tenYearsMs : failuresOf(state) * weekMs;
  return Math.max(shortestLifeMs, state.calmAt - now, state.blockedUntil - now, remembered);
}

/** How many failed log-ins may come from one source, or from all together: a token bucket. */
export interface BucketRule {
  readonly burst: number;
  /** The interval after which one more is allowed, up to `burst`, in milliseconds. */
  readonly refillMs: number;
}

/** The whole state of a bucket: the instant at which it is full again (GCRA, ITU-T I.371). 0: it is full. */
export interface BucketState {
  readonly fullAt: number;
}

/** Takes up to `wanted` tokens. When there is none, `taken` is 0 and `next` the same state. */
export function take(
  state: BucketState,
  now: number,
  rule: BucketRule,
  wanted = 1,
): { readonly taken: number; readonly next: BucketState } {
  const capacityMs = rule.burst * rule.refillMs;
  // Bounded, so that after the clock was set back no bucket is emptier than empty.
  const missingMs = Math.min(Math.max(state.fullAt - now, 0), capacityMs);
  const taken = Math.min(wanted, Math.floor((capacityMs - missingMs) / rule.refillMs));
  return { taken, next: { fullAt: now + missingMs + taken * rule.refillMs } };
}

/** Puts one token back, after a log-in that did not fail. */
export function putBack(state: BucketState, now: number, rule: BucketRule): BucketState {
  return { fullAt: Math.max(now, state.fullAt - rule.refillMs) };
}

/** Whether the bucket is empty. */
export function isEmpty({ fullAt }: BucketState, now: number, rule: BucketRule): boolean {
  return fullAt + rule.refillMs > now + rule.burst * rule.refillMs;
}

/** Returns how long to keep a bucket, in milliseconds: until it is full. */
export function lifeOfBucket({ fullAt }: BucketState, now: number): number {
  return Math.max(shortestLifeMs, fullAt - now);
}
