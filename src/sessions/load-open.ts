import { type Awaitable, after } from "../base/awaitable.js";
import type { Ask, SessionRow, Store } from "../model/store.js";
import { requireRef } from "./open-session.js";
import { sessionDeadline } from "./rotation.js";

/** The row of a session that is there, and neither revoked nor over; by the store, not by memory. */
export type LoadOpen = (ref: string) => Awaitable<SessionRow | undefined>;

export function createLoadOpen(store: Pick<Store, "loadSession">, ask: Ask): LoadOpen {
  return (ref) =>
    ask(() =>
      after(store.loadSession(ref), (reading) => {
        const { row, now } = requireRef(reading, ref) ?? {};
        return row?.revokedAt === null && now !== undefined && now < sessionDeadline(row) ? row : undefined;
      }),
    );
}
