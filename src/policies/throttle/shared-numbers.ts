import { createHash } from "node:crypto";
import { type Awaitable, after, rescue } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { Ask, RecordKind, RecordReading, Store } from "../../model/store.js";

/** The decision on a record. Without `next` nothing is written. */
export interface Decided<T> {
  readonly answer: T;
  readonly next?: { readonly numbers: readonly number[]; readonly lifeMs: number };
}

/**
 * Changes a few numbers that all nodes share.
 *
 * @param name the name of the numbers; the store gets its hash, which is of bounded length and belongs to this realm
 *   only
 * @param decide gets the numbers, `undefined` while there are none, and the store's clock. Called again when another
 *   node changed the record first.
 * @throws {AuthError} `unavailable`, or rejects with it, when the store cannot answer in time
 */
export type ChangeNumbers = <T>(
  kind: RecordKind,
  name: string,
  decide: (numbers: readonly number[] | undefined, now: number) => Decided<T>,
) => Awaitable<T>;

export interface SharedNumbersParts {
  readonly realm: string;
  readonly store: Store;
  readonly ask: Ask;
  readonly platform: Platform;
  readonly storeTimeoutMs: number;
}

/**
 * The most attempts. A compare-and-set fails only if another one succeeded, so a store that refuses this often is
 * faulty.
 */
const maxTries = 100;

export function createSharedNumbers({
  realm,
  store,
  ask,
  platform,
  storeTimeoutMs,
}: SharedNumbersParts): ChangeNumbers {
  const inTurn = createTurns();

  return (kind, name, decide) => {
    // A realm holds no NUL, so the parts cannot be shifted.
    const id = createHash("sha256").update(`sallyport ${kind} 1\0${realm}\0${name}`).digest("base64url");
    const giveUpAt = platform.monotonic() + storeTimeoutMs;
    let tries = 0;
    const attempt = (): Awaitable<ReturnType<typeof decide>["answer"]> => {
      // Each call to the store has its own deadline; the calls that wait in turn must not add them up.
      if (tries >= maxTries || platform.monotonic() > giveUpAt) {
        throw new AuthError("unavailable", "the session store did not let a count through in time");
      }
      tries += 1;
      return after(
        ask(() => after(store.loadRecord(kind, id), requireReading)),
        ({ version, json, now }) => {
          const { answer, next } = decide(json === undefined ? undefined : parseNumbers(json), now);
          if (next === undefined) return answer;
          const swap = () => store.swapRecord(kind, id, version, JSON.stringify(next.numbers), Math.ceil(next.lifeMs));
          return after(ask(swap), (written) => (written === true ? answer : attempt()));
        },
      );
    };
    return inTurn(`${kind} ${id}`, attempt);
  };
}

/** Checks a reading of the store. A malformed one counts as a store that cannot answer. */
function requireReading(reading: RecordReading): RecordReading {
  if (Number.isSafeInteger(reading?.version) && Number.isFinite(reading.now)) return reading;
  throw new TypeError("not a reading of a record");
}

function parseNumbers(json: string): readonly number[] {
  const numbers: unknown = JSON.parse(json);
  if (Array.isArray(numbers) && numbers.every(Number.isFinite)) return numbers;
  throw new AuthError("unavailable", "the session store holds a record that is not a list of numbers");
}

/**
 * Makes a function that runs the work of each key in turn. With an asynchronous store, a hundred simultaneous log-ins
 * would otherwise fail each other's compare-and-set and repeat it thousands of times. Synchronous work does not wait.
 */
function createTurns(): <T>(key: string, work: () => Awaitable<T>) => Awaitable<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key);
    const answer = before === undefined ? work() : before.then(work, work);
    if (!(answer instanceof Promise)) return answer;
    last.set(key, answer);
    const done = () => {
      if (last.get(key) === answer) last.delete(key);
    };
    answer.then(done, done);
    return answer;
  };
}

/**
 * Ignores a failure of work that makes a count smaller: the count then stays too high, which is safe. `ask` has
 * reported the fault.
 */
export function orStayHigh(work: () => Awaitable<undefined>): Awaitable<void> {
  return rescue<void>(work, () => undefined);
}
