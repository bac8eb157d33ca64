import { type Awaitable, after } from "../base/awaitable.js";
import type { Ask, Reading, Store } from "../model/store.js";
import { requireRef } from "./open-session.js";
import { sessionDeadline } from "./rotation.js";

/** Loads a session from the store. `undefined`: there is none, or it is revoked or past its deadline. */
export type LoadOpen = (ref: string) => Awaitable<Reading | undefined>;

export function createLoadOpen(store: Pick<Store, "loadSession">, ask: Ask): LoadOpen {
  return (ref) =>
    ask(() =>
      after(store.loadSession(ref), (reading) => {
        const { row, now } = requireRef(reading, ref) ?? {};
        return row?.revokedAt === null && now !== undefined && now < sessionDeadline(row) ? reading : undefined;
      }),
    );
}
