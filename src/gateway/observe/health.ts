import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { describeStoreFault, type MeasuredStore } from "./measured-store.js";

/** Returns `undefined` when the gateway is ready, else the reason why not, for an operator. */
export type Readiness = () => Promise<string | undefined>;

type AskedStore = Pick<Store, "loadSession" | "loadRecord" | "swapRecord">;

export interface ReadinessParts {
  readonly store: () => Pick<MeasuredStore, "writeFault"> & { readonly store: AskedStore };
  readonly stopping: () => boolean;
  /** Why no caller should be sent here although the store works, as the engine knows it. */
  readonly obstacle: () => string | undefined;
  readonly platform: Platform;
}

/** How long the store may take: less than the second after which probes give up by default. */
const storeTimeoutMs = 900;

/** How long an answer is kept, so that the probes of many balancers share one call of the store. */
const rememberMs = 500;

/** The ref of no session: refs have 22 characters. */
const nobody = "readiness";

/** What is written to see whether the store can write again: more than a log-in, which needs several pages of a disk. */
const trialText = JSON.stringify("-".repeat(16 * 1024));

const trialLifeMs = 60_000;

/**
 * Makes the check of readiness: the gateway is not stopping, the store answers, its last write did not fail, and the key ring
 * holds what signed most live sessions. After a write that failed a trial is written with each check, since a gateway without
 * traffic writes nothing that could succeed. A stop makes the check fail at once.
 */
export function createReadiness({ store, stopping, obstacle, platform }: ReadinessParts): Readiness {
  let asked: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;
  // Of this process alone, so that no other one's trial is in the way.
  const trialId = `readiness-${Buffer.from(platform.random(8)).toString("hex")}`;

  async function check(): Promise<string | undefined> {
    const { store: checked, writeFault } = store();
    try {
      await checked.loadSession(nobody);
    } catch (error) {
      return `the store fails: ${describeStoreFault(error)}`;
    }
    if (writeFault() === undefined) return undefined;
    try {
      const { version } = await checked.loadRecord("source-budget", trialId);
      if (await checked.swapRecord("source-budget", trialId, version, trialText, trialLifeMs)) return undefined;
    } catch {
      // The store has noted the fault.
    }
    return toWriteFault(writeFault());
  }

  function checkInTime(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const cancel = platform.delay(storeTimeoutMs, () => {
        const fault = store().writeFault();
        resolve(fault === undefined ? "the store does not answer" : toWriteFault(fault));
      });
      void check().then(resolve).finally(cancel);
    });
  }

  return async () => {
    if (stopping()) return "stopping";
    const now = platform.monotonic();
    if (asked === undefined || now - asked.at >= rememberMs) asked = { at: now, answer: checkInTime() };
    const answer = await asked.answer;
    return stopping() ? "stopping" : (answer ?? obstacle());
  };
}

const toWriteFault = (error: unknown): string => `the store cannot write: ${describeStoreFault(error)}`;
