import type { Platform } from "../base/platform.js";
import type { Handler } from "../handlers/handler.js";
import type { HandlerTable } from "../handlers/handler-table.js";

/** An edit of a file is seen within a second of settling, and felt by streams a second later at most. */
const lookEveryMs = 1_000;

/**
 * Looks every second whether what a handler knows has changed, since a stream presents no token by which it would be asked.
 *
 * @param onChange called with the scheme of a handler whose `epoch` is another one
 * @returns a function that stops it
 */
export function watchEpochs(table: HandlerTable, platform: Platform, onChange: (scheme: string) => void): () => void {
  const watched = table.schemes.flatMap((scheme) => {
    const epoch = epochOf(table.get(scheme));
    return epoch === undefined ? [] : [{ scheme, epoch }];
  });
  if (watched.length === 0) return () => {};
  const seen = new Map(watched.map(({ scheme, epoch }) => [scheme, epoch()]));

  function look(): void {
    for (const { scheme, epoch } of watched) {
      const now = epoch();
      if (Object.is(now, seen.get(scheme))) continue;
      seen.set(scheme, now);
      onChange(scheme);
    }
    cancel = platform.delay(lookEveryMs, look);
  }

  let cancel = platform.delay(lookEveryMs, look);
  return () => cancel();
}

/**
 * Returns the `epoch` of a handler that can be asked again; `undefined` for any other. It does not throw: where the
 * handler's does, it returns `NaN`, which equals no number that was remembered.
 */
export function epochOf(handler: Pick<Handler, "epoch" | "recheck"> | undefined): (() => number) | undefined {
  if (handler?.recheck === undefined || handler.epoch === undefined) return undefined;
  return () => {
    try {
      return handler.epoch?.() ?? Number.NaN;
    } catch {
      return Number.NaN;
    }
  };
}
