import type { Awaitable } from "../../base/awaitable.js";
import { createBreaker, type Outside } from "../../base/breaker.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import type { Session } from "../../model/session.js";
import type { AuthorizeConfig } from "../route/route-config.js";
import { KeptAnswers } from "./kept-answers.js";
import { createPost } from "./post.js";
import { createTurns } from "./turns.js";
import { type ServiceVerdict, toFreshMs, toServiceVerdict, toUnknown } from "./verdict.js";

/** A service that decides about requests. */
export interface Authorizer {
  /**
   * Asks about a request. It never throws or rejects: what the service does not answer is a denial. No promise where the
   * answer is kept.
   *
   * @param question from `writeQuestion`
   * @param who names the caller: others do not wait for its questions
   * @param session an answer about it is forgotten when it ends
   */
  ask(question: string, who: string, session: Session | undefined): Awaitable<ServiceVerdict>;
  /** Whether the service is asked now. */
  outside(): Outside;
  close(): void;
}

/** Of one caller at a time. A browser asks for a hundred things at once, which is no reason to let others wait. */
const mostOfCaller = 16;

/**
 * Makes what asks a service. Requests that ask the same at a time share one question.
 *
 * @param onWarning called when the service does not answer any more, and when it does again
 */
export function createAuthorizer(
  config: AuthorizeConfig,
  platform: Platform,
  onWarning: (message: string) => void = emitWarning,
): Authorizer {
  const name = nameOf(config.url);
  const breaker = createBreaker({
    what: `authorize ${name}`,
    meanwhile: "requests that need its answer get 503; start it, or correct authorize.url of the routes",
    ...{ platform, onWarning },
  });
  const post = createPost(config, platform, breaker);
  const turns = createTurns(mostOfCaller, config.timeoutMs, platform);
  const kept = new KeptAnswers<ServiceVerdict>(platform);
  const underWay = new Map<string, Promise<ServiceVerdict>>();

  async function ask(question: string, who: string, session: Session | undefined): Promise<ServiceVerdict> {
    try {
      return await turns.run(who, async () => {
        // From before it was asked: the answer may be as old.
        const askedAt = platform.monotonic();
        const reply = await post.send(question);
        const verdict = toServiceVerdict(reply);
        const freshMs = verdict.denial?.code === "unavailable" ? 0 : toFreshMs(reply);
        if (freshMs > 0) kept.keep(question, verdict, askedAt + freshMs, session);
        return verdict;
      });
    } catch (error) {
      return toUnknown(error instanceof AuthError ? error.message : "could not be asked");
    } finally {
      underWay.delete(question);
    }
  }

  return {
    ask(question, who, session) {
      const known = kept.get(question) ?? underWay.get(question);
      if (known !== undefined) return known;
      const asked = ask(question, who, session);
      underWay.set(question, asked);
      return asked;
    },
    outside: () => ({ kind: "authorizer", name, state: breaker.state }),
    close() {
      kept.clear();
      post.close();
    },
  };
}

/** The address without its query, which may hold a key. */
export function nameOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
