/**
 * What a caller and its upstream tell each other beside the gateway, so that no cell of the matrix waits for a time. A
 * cell is named by the field `x-cell` of its request.
 */
export interface Stage {
  /** The upstream says what it has seen of the caller's end. */
  saw(cell: string, what: string): void;
  /** What the upstream says first of a cell. */
  seen(cell: string): Promise<string>;
  /** The upstream waits until it is told to go on. */
  cue(): Promise<void>;
  goOn(): void;
  /** Ends all connections of the upstream without a word. */
  breakOff(): void;
}

export function createStage(breakOff: () => void): Stage {
  const said = new Map<string, string>();
  const waiting = new Map<string, (what: string) => void>();
  let release: () => void = () => {};
  return {
    saw(cell, what) {
      if (!said.has(cell)) said.set(cell, what);
      waiting.get(cell)?.(what);
    },
    seen: (cell) =>
      new Promise((resolve) => {
        const what = said.get(cell);
        if (what === undefined) waiting.set(cell, resolve);
        else resolve(what);
      }),
    cue: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
    goOn: () => release(),
    breakOff,
  };
}
