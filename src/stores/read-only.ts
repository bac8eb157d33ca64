import { after } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Store } from "../model/store.js";
import { toFirstRow, toNextRow } from "./row.js";

/**
 * Wraps a store so that it answers as before and changes nothing, to explain how a request would be decided. What a
 * request writes is computed and not written, so that a stolen token in such a request ends no session, a wrong password
 * counts against no account, and no store knows a session that opens.
 *
 * Two answers may differ from the store's: a session opens although its subject was ended a moment ago, and a one-time
 * proof counts as unused.
 */
export function readOnly(store: Store): Store {
  const refuse = (): never => {
    throw new AuthError("unavailable", "this store is opened for reading only");
  };
  return {
    ...store,
    // Any record tells the store's clock.
    openSession: (session) =>
      after(store.loadRecord("account-budget", session.ref), ({ now }) => ({
        row: toFirstRow(session, now, undefined),
        now,
        evicted: [],
      })),
    swapSession: ({ row, now }, change) => ({ row: toNextRow(row, change), now }),
    // The engine ends a session that has lost what it began from, or its grant, when it reads it: here none is ended.
    endSession: () => false,
    endSubject: refuse,
    swapState: refuse,
    swapSealed: refuse,
    swapRecord: () => true,
    put: () => true,
    take: refuse,
    purge: () => 0,
  };
}
