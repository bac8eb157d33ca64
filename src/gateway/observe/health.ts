import { rescue } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";

/** `undefined` when requests are welcome, else why not, in words for an operator. */
export type Readiness = () => Promise<string | undefined>;

export interface ReadinessParts {
  readonly store: () => Pick<Store, "loadSession">;
  readonly stopping: () => boolean;
  readonly platform: Platform;
}

/** Shorter than the second after which probes give up by default. */
const storeTimeoutMs = 900;

/** Probes of many balancers share one question to the store. */
const rememberMs = 500;

/** No session has it: references have 22 characters. */
const nobody = "readiness";

/** Ready means: not stopping, and the store answers. False at once when a stop begins, so that balancers look away. */
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
