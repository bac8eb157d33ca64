/** What a contender's engine was asked so far. */
export interface Counts {
  /** Sessions loaded from the store. */
  readonly reads: number;
  /** Sessions opened or changed in the store. */
  readonly writes: number;
  /** Passwords that the handler checked. */
  readonly checks: number;
}

/** From a contender, once: it is ready. */
export interface Ready {
  /** Where it listens; a loop listens nowhere. */
  readonly port?: number | undefined;
  /** `Authorization` values that it accepts; the calls go round them. */
  readonly authorizations: readonly string[];
}

/** To a contender: make `calls` calls of your own (a server makes none), and report. */
export interface Ask {
  readonly calls: number;
}

/** Where a contender stands. */
export interface Mark extends Counts {
  /** CPU time of its process since it started: all threads, user and system. */
  readonly cpuUs: number;
}

/** From a contender: where it stood before and after the calls. */
export interface Report {
  readonly before: Mark;
  readonly after: Mark;
}

/**
 * Says that this contender is ready, then answers every `Ask`. It ends with its parent.
 *
 * @param prepare what the calls need and what is not measured.
 * @param cpuUs the CPU time that counts, in microseconds. Default: that of this process
 */
export function serveAsks(
  ready: Ready,
  counts: Counts,
  work: (calls: number) => Promise<void>,
  prepare: (calls: number) => Promise<void> = async () => {},
  cpuUs: () => number = ownCpuUs,
): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", async ({ calls }: Ask) => {
    await prepare(calls);
    const before = { cpuUs: cpuUs(), ...counts };
    await work(calls);
    process.send?.({ before, after: { cpuUs: cpuUs(), ...counts } } satisfies Report);
  });
  process.send?.(ready);
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
