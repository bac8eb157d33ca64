/** Tells the calls under way that the client is closed. It takes any number of them; an `AbortSignal` warns of eleven. */
export interface Closing {
  /** Calls back when the client is closed, at once if it is already. Returns a function that removes the callback. */
  on(closed: () => void): () => void;
  readonly isClosed: boolean;
  close(): void;
}

export function createClosing(): Closing {
  const waiting = new Set<() => void>();
  let isClosed = false;
  return {
    on(closed) {
      if (isClosed) closed();
      else waiting.add(closed);
      return () => void waiting.delete(closed);
    },
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      for (const closed of waiting) closed();
      waiting.clear();
    },
  };
}
