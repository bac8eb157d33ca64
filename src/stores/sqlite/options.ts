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
   * 1,500, less than the 2,000 of `storeTimeoutMs`, so that the refusal names the lock.
   */
  readonly busyMs?: number | undefined;
  /**
   * The most counts of failed log-ins of accounts, and the most of sources, that stay beyond a purge. Default: 250,000,
   * some 50 MB. Those that expire first go: the fewest failures.
   */
  readonly maxRecords?: number | undefined;
  /**
   * Make the database if it is missing. Default: `true`. `false` is for a tool that works on the sessions of other
   * processes: with a wrong path it would work on a new and empty database.
   */
  readonly create?: boolean | undefined;
  /** Called with a line for the operator. Default: a warning of the process. */
  readonly onWarning?: ((message: string) => void) | undefined;
}
