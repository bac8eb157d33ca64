/** Calls back once after `ms` milliseconds; returns a function that cancels it. */
export type Delay = (ms: number, done: () => void) => () => void;

/** The platform's timer for awaited work: in Node it keeps the process alive. */
export const systemWait: Delay = (ms, done) => {
  const timer = setTimeout(done, ms);
  return () => clearTimeout(timer);
};

/**
 * The platform's timer for background work: in Node it does not keep the process alive. In browsers timers have no
 * `unref`.
 */
export const systemDelay: Delay = (ms, done) => {
  const timer: unknown = setTimeout(done, ms);
  (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
};
