/** A stream of a session, as the session sees it. */
export interface SessionStream {
  /** Since when it has waited for the upstream. */
  readonly since: number;
  /** Called every half a second. */
  tick(now: number): void;
}
