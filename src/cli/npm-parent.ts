import type { Platform } from "../base/platform.js";
import type { Environment } from "../gateway/config/secrets.js";

/** What `onNpmEnded` looks at. */
export interface NpmParentOptions {
  readonly environment: Environment;
  readonly platform: Platform;
  /** Returns the id of the parent process. Default: that of this process. */
  readonly parentOf?: (() => number) | undefined;
}

/** The time between two looks at the parent. A look costs a microsecond. */
const lookEveryMs = 500;

/**
 * Calls back when the parent of a process that npm has started ends: `npx` and `npm start` pass no signal on, so a `kill`
 * of npm would leave this process behind, and its port taken. A process that npm did not start, or that had no parent but
 * init (`nohup` from a shell that is gone, a container), is never told: its parent may end at any time.
 *
 * The parent is the one at the call of this function.
 */
export function onNpmEnded(
  done: () => void,
  { environment, platform, parentOf = () => process.ppid }: NpmParentOptions,
): void {
  const parent = parentOf();
  if (!environment.npm_command || parent === 1) return;
  function look(): void {
    if (parentOf() === parent) platform.delay(lookEveryMs, look);
    else done();
  }
  platform.delay(lookEveryMs, look);
}
