import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { type DescriptorCode, isDescriptorCode, toDescriptorText } from "../../base/out-of-descriptors.js";
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

export interface DescriptorWatch {
  /** Takes the code of a fault that something met, such as a connection to an upstream. */
  note(code: string | undefined): void;
  start(): void;
  stop(): void;
}

/**
 * Makes the watch on file descriptors: one line when none is left, with what to do, again once a minute while that lasts,
 * and one when there are some again.
 */
export function watchDescriptors(
  log: Pick<Logger, "error" | "info">,
  platform: Platform,
  lack: () => DescriptorCode | undefined = lackOfDescriptors,
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
    start() {
      cancel = platform.delay(lookEveryMs, look);
    },
    stop: () => cancel(),
  };
}
