/** How fast everything goes in one run. All in milliseconds; those that end in `EveryMs` are means. */
export interface Pace {
  /** The run goes on until then, and until enough has happened to say something. */
  readonly lengthMs: number;
  readonly clientsOfEachKind: number;
  readonly rotateAfterMs: number;
  readonly overlapMs: number;
  readonly stragglerMs: number;
  readonly absoluteMs: number;
  readonly killEveryMs: number;
  readonly restoreEveryMs: number;
  readonly shutOutEveryMs: number;
  /** How long a client stays logged in before it logs out by itself. */
  readonly stayMs: number;
}

/** The bounds of `docs/shutting-out.md` and `docs/operations.md`. */
export const bounds = {
  /** From the end of sessions that a command or a log-out has told, to the last call that is let in on another node. */
  endMs: 1_000,
  /** The same from an edit of the user file. */
  fileMs: 3_000,
} as const;

/** A client gives up on a call after this long. A request that is late may come when its client has given up. */
export const callTimeoutMs = 4_000;

/** For `.ci/run`: the tightest durations that a busy machine bears. */
export const quickPace: Pace = {
  lengthMs: 8_000,
  clientsOfEachKind: 1,
  rotateAfterMs: 2_000,
  overlapMs: 1_000,
  stragglerMs: 1_500,
  absoluteMs: 8_000,
  killEveryMs: 3_000,
  restoreEveryMs: 1_500,
  shutOutEveryMs: 1_500,
  stayMs: 6_000,
};

export function longPace(lengthMs: number): Pace {
  return {
    lengthMs,
    clientsOfEachKind: 2,
    rotateAfterMs: 6_000,
    overlapMs: 3_000,
    stragglerMs: 4_500,
    absoluteMs: 60_000,
    killEveryMs: 5_000,
    restoreEveryMs: 10_000,
    shutOutEveryMs: 5_000,
    stayMs: 45_000,
  };
}
