/** The progress of a reader whose bytes are ready. */
export interface ReadProgress {
  /** Since when it has taken nothing, on the listeners' `AwakeClock`. */
  since: number;
  /** For how long it had taken nothing when the sweep last looked, in milliseconds. */
  forMs: number;
  /** What has changed when it has taken something. */
  mark: number;
}
