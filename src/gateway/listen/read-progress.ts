/** The progress of a reader whose bytes are ready. */
export interface ReadProgress {
  /** Since when it has taken nothing, on the listeners' `AwakeClock`. */
  since: number;
  /** What has changed when it has taken something. */
  mark: number;
}
