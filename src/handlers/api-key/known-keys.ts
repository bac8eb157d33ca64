import { type Awaitable, adopt, ignoreFailure } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";

/** Finds the record of a key id. */
type Find<R> = (id: string) => Awaitable<R | null | undefined | false>;

export interface KnownKeysOptions<R> {
  readonly find: Find<R>;
  /** How long after its last reading a record is good while the source cannot answer, in milliseconds. */
  readonly staleMs: number;
  readonly platform: Platform;
  /** Called when known keys begin to go on without an answer of the source, and when it answers about one of them again. */
  readonly onWarning: (message: string) => void;
}

interface Known<R> {
  record: R;
  /** Monotonic instant before it was read, or up to `orderMs` earlier. */
  readonly at: number;
  /** The last question about it had no answer, or not in time. */
  isUnanswered: boolean;
  isAsked: boolean;
}

/** The most records. Beyond it the one that was read longest ago is dropped, and its key is unavailable in an outage. */
const maxKnown = 10_000;

/** A reading may be taken for older than it is by so long, in milliseconds, never for younger. */
const orderMs = 1_000;

/** So long the source may take before a known record is used in its place, in milliseconds: far below the deadline of handlers. */
const lateMs = 3_000;

/**
 * Makes the `find` of a source that may be down: a key that it knew a short while ago goes on while it throws, rejects or takes
 * too long. Every answer counts at once, so a key that is removed ends with the first answer that says so; and since each
 * record has its own age, an outage makes no key good that was not read shortly before.
 */
export function createKnownKeys<R>({ find, staleMs, platform, onWarning }: KnownKeysOptions<R>): Find<R> {
  const known = new Map<string, Known<R>>();
  let isTold = false;

  function note(id: string, record: R | null | undefined | false, at: number): void {
    const one = known.get(id);
    if (one?.isUnanswered && isTold) {
      isTold = false;
      ignoreFailure(() => onWarning("apiKey: the source of keys answers again"));
    }
    // A busy key is moved to the end of the map once a second, and not with each call.
    if (one !== undefined && record && at - one.at < orderMs) {
      one.record = record;
      one.isUnanswered = false;
      return;
    }
    known.delete(id);
    if (!record) return;
    known.set(id, { record, at, isUnanswered: false, isAsked: false });
    if (known.size <= maxKnown) return;
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }

  /** Asks the source, and notes what it says, also where it says so late. */
  function ask(id: string): Awaitable<R | null | undefined | false> {
    const at = platform.monotonic();
    const answer = adopt(find(id));
    if (!(answer instanceof Promise)) {
      note(id, answer, at);
      return answer;
    }
    return answer.then((record) => {
      note(id, record, at);
      return record;
    });
  }

  function goOn(one: Known<R>): R {
    one.isUnanswered = true;
    if (!isTold) {
      const minutes = Math.round(staleMs / 60_000);
      const message = `apiKey: the source of keys does not answer; keys that it knew go on for ${minutes} min, and others get 503; look at it`;
      isTold = true;
      ignoreFailure(() => onWarning(message));
    }
    return one.record;
  }

  /** Waits for an answer no longer than `lateMs`. */
  function inTime(answer: Promise<R | null | undefined | false>, one: Known<R>) {
    return new Promise<R | null | undefined | false>((resolve) => {
      const cancel = platform.delay(lateMs, () => resolve(goOn(one)));
      answer.then(resolve, () => resolve(goOn(one))).finally(cancel);
    });
  }

  return (id) => {
    const one = known.get(id);
    if (one === undefined || platform.monotonic() - one.at >= staleMs) return ask(id);
    if (one.isAsked) return one.record;
    try {
      const answer = ask(id);
      if (!(answer instanceof Promise)) return answer;
      if (!one.isUnanswered) return inTime(answer, one);
      // Beside the calls, one question about a key at a time.
      one.isAsked = true;
      const done = (): void => {
        one.isAsked = false;
      };
      answer.then(done, done);
      return one.record;
    } catch {
      return goOn(one);
    }
  };
}
