import { rescue } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";

/** Returns `undefined` when the gateway is ready, else the reason why not, for an operator. */
export type Readiness = () => Promise<string | undefined>;

export interface ReadinessParts {
  readonly store: () => Pick<Store, "loadSession">;
  readonly stopping: () => boolean;
  readonly platform: Platform;
}

/** How long the store may take: less than the second after which probes give up by default. */
const storeTimeoutMs = 900;

/** How long an answer is kept, so that the probes of many balancers share one call of the store. */
const rememberMs = 500;

/** The ref of no session: refs have 22 characters. */
const nobody = "readiness";

/** Makes the check of readiness: the gateway is not stopping, and the store answers. A stop makes it fail at once. */
export function createReadiness({ store, stopping, platform }: ReadinessParts): Readiness {
  let asked: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;

  function askStore(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const cancel = platform.delay(storeTimeoutMs, () => resolve("the store does not answer"));
      const answer = rescue<string | undefined>(
        async () => {
          await store().loadSession(nobody);
          return undefined;
        },
        () => "the store fails",
      );
      void Promise.resolve(answer).then(resolve).finally(cancel);
    });
  }

  return async () => {
    if (stopping()) return "stopping";
    const now = platform.monotonic();
    if (asked === undefined || now - asked.at >= rememberMs) asked = { at: now, answer: askStore() };
    const answer = await asked.answer;
    return stopping() ? "stopping" : answer;
  };
}
