import type { Platform } from "../../base/platform.js";
import type { Session } from "../../model/session.js";

interface Kept<A> {
  readonly answer: A;
  /** By the monotonic clock. */
  readonly until: number;
  /** Ends the watch of the session. */
  readonly forget: (() => void) | undefined;
}

const mostAnswers = 10_000;

/** Of all questions that have kept answers, in characters: a client can make a path long. */
const mostCharacters = 8 * 1024 * 1024;

/** A question that is longer is asked each time. */
const longestQuestion = 8 * 1024;

/**
 * Answers by the whole text of their question, so that none can be used for another caller, path or route. The oldest are
 * forgotten first, and those about a session when it ends.
 */
export class KeptAnswers<A> {
  readonly #platform: Platform;
  readonly #kept = new Map<string, Kept<A>>();
  #characters = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get(question: string): A | undefined {
    const kept = this.#kept.get(question);
    if (kept === undefined || this.#platform.monotonic() < kept.until) return kept?.answer;
    this.#drop(question);
    return undefined;
  }

  /** @param until by the monotonic clock */
  keep(question: string, answer: A, until: number, session: Session | undefined): void {
    if (question.length > longestQuestion || session?.ended === true) return;
    this.#drop(question);
    const forget = session?.onEnd(() => this.#drop(question));
    this.#kept.set(question, { answer, until, forget });
    this.#characters += question.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostAnswers && this.#characters <= mostCharacters) break;
      this.#drop(oldest);
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  clear(): void {
    for (const question of [...this.#kept.keys()]) this.#drop(question);
  }

  #drop(question: string): void {
    const kept = this.#kept.get(question);
    if (kept === undefined) return;
    this.#kept.delete(question);
    this.#characters -= question.length;
    kept.forget?.();
  }
}
