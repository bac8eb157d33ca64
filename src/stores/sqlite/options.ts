import type { Platform } from "../../base/platform.js";

/** Options of `sqlite`. */
export interface SqliteOptions {
  /** The clock, randomness and timers. Default: `systemPlatform`; all processes of one machine share its clock. */
  readonly platform?: Platform | undefined;
  /**
   * The interval at which the store looks for ends by other processes, in milliseconds. Default: 250, since a look
   * costs microseconds, and a person does not notice a quarter of a second after "log out".
   */
  readonly pollMs?: number | undefined;
  /**
   * How long to try while other processes hold the lock, in milliseconds; then the call is `unavailable`. Default:
   * 5,000.
   */
  readonly busyMs?: number | undefined;
  /**
   * The most counts of failed log-ins of accounts, and the most of sources, that stay beyond a purge. Default: 250,000,
   * some 50 MB. Those that expire first go: the fewest failures.
   */
  readonly maxRecords?: number | undefined;
}
