/** Long-lived resources, one for each different configuration, however many states use it at a time. */
export interface KeptThroughReload<C, R> {
  /** Returns the resource of this configuration, and opens it when no state has it. Each `take` wants one `release`. */
  take(config: C): Taken<R>;
}

export interface Taken<R> {
  readonly resource: R;
  /** Closes the resource when no other state uses it. A second call does nothing. */
  release(): Promise<void>;
}

/**
 * Keeps stores and connection pools through a reload: equal configurations share one resource.
 *
 * @param open opens the resource of a configuration; configurations are compared by their JSON
 * @param close closes the resource after its last release
 */
export function keepThroughReload<C, R>(
  open: (config: C) => R,
  close: (resource: R) => Promise<void> | void,
): KeptThroughReload<C, R> {
  const entries = new Map<string, { readonly resource: R; users: number }>();
  return {
    take(config) {
      const key = JSON.stringify(config);
      const entry = entries.get(key) ?? { resource: open(config), users: 0 };
      entries.set(key, entry);
      entry.users += 1;
      let released = false;
      return {
        resource: entry.resource,
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
