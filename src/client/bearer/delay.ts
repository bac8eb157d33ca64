/** Calls back once after `ms` milliseconds; returns a function that cancels it. */
export type Delay = (ms: number, done: () => void) => () => void;

/** The platform's timer, for what somebody awaits: in Node the process stays alive for it. */
export const systemWait: Delay = (ms, done) => {
  const timer = setTimeout(done, ms);
  return () => clearTimeout(timer);
};

/** The platform's timer, for the background: in Node it never keeps the process alive; a browser needs no such care. */
export const systemDelay: Delay = (ms, done) => {
  const timer: unknown = setTimeout(done, ms);
  (timer as { unref?(): void }).unref?.();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
};
