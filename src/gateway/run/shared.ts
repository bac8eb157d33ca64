/** Long-lived things, one for each different configuration, however many use it at a time. */
export interface Shared<C, R> {
  /** The one for this configuration, made when nobody has it. Each `take` wants one `release`. */
  take(config: C): Taken<R>;
}

export interface Taken<R> {
  readonly it: R;
  /** The last one out closes it. A second call does nothing. */
  release(): Promise<void>;
}

/**
 * Keeps stores and connection pools through a reload: what has the same configuration is the same object.
 *
 * @param configs are compared by their JSON.
 */
export function createShared<C, R>(open: (config: C) => R, close: (resource: R) => Promise<void> | void): Shared<C, R> {
  const entries = new Map<string, { readonly resource: R; users: number }>();
  return {
    take(config) {
      const key = JSON.stringify(config);
      const entry = entries.get(key) ?? { resource: open(config), users: 0 };
      entries.set(key, entry);
      entry.users += 1;
      let released = false;
      return {
        it: entry.resource,
        async release() {
          if (released) return;
          released = true;
          entry.users -= 1;
          if (entry.users > 0) return;
          entries.delete(key);
          await close(entry.resource);
        },
      };
    },
  };
}
