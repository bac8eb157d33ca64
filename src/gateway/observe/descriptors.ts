import { closeSync, openSync, readFileSync } from "node:fs";
import { devNull } from "node:os";
import {
  type DescriptorCode,
  isDescriptorCode,
  toDescriptorText,
  whereLimitsAre,
} from "../../base/out-of-descriptors.js";
import type { Platform } from "../../base/platform.js";
import type { Logger } from "./log.js";

/** Node closes the connections that it cannot take without a word, so a file is opened this often to see. */
const lookEveryMs = 1_000;

/** How long until the same is said again. */
const quietMs = 60_000;

/** Returns `undefined` while a file can be opened, else why not. It costs some microseconds. */
export function lackOfDescriptors(): DescriptorCode | undefined {
  try {
    closeSync(openSync(devNull, "r"));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return isDescriptorCode(code) ? code : undefined;
  }
}

/** Returns how many this process may have; `undefined` where the system does not say (`/proc` of Linux does). */
export function limitOfDescriptors(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+) /m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** What a process has open beside its connections: the store, the log, the listeners, files that are read. */
const ownDescriptors = 64;

export interface DescriptorWatch {
  /** Takes the code of a fault that something met, such as a connection to an upstream. */
  note(code: string | undefined): void;
  /** @param connections as many as the limits allow, of callers and to upstreams */
  start(connections: number): void;
  stop(): void;
}

/**
 * Makes the watch on file descriptors: a line at the start where the limits allow more connections than there can be
 * descriptors, one when none is left, with what to do, again once a minute while that lasts,
 * and one when there are some again.
 */
export function watchDescriptors(
  log: Pick<Logger, "error" | "warn" | "info">,
  platform: Platform,
  lack: () => DescriptorCode | undefined = lackOfDescriptors,
  limitOf: () => number | undefined = limitOfDescriptors,
): DescriptorWatch {
  let lacking = false;
  let quietUntil = Number.NEGATIVE_INFINITY;
  let cancel = (): void => {};

  function tell(code: DescriptorCode): void {
    lacking = true;
    const now = platform.monotonic();
    if (now < quietUntil) return;
    quietUntil = now + quietMs;
    const text = `${toDescriptorText(code)}. Until then new connections are closed at once, and no file is read again`;
    log.error({ kind: "descriptors", code }, text);
  }

  function look(): void {
    cancel = platform.delay(lookEveryMs, look);
    const code = lack();
    if (code !== undefined) tell(code);
    else if (lacking) {
      lacking = false;
      log.info({ kind: "descriptors" }, "there are free file descriptors again");
    }
  }

  return {
    note(code) {
      if (isDescriptorCode(code)) tell(code);
    },
    start(connections) {
      const wanted = connections + ownDescriptors;
      const limit = limitOf();
      if (limit !== undefined && limit < wanted) {
        const text =
          `the limits allow ${connections} connections, of callers and to upstreams, and this process may open ${limit} files: ` +
          `one client can use them up. Raise that (${whereLimitsAre}) to ${wanted}, or lower limits.maxConnections`;
        log.warn({ kind: "descriptors", limit, wanted }, text);
      }
      cancel = platform.delay(lookEveryMs, look);
    },
    stop: () => cancel(),
  };
}
