import { AuthError } from "../base/errors.js";
import type { Store } from "../model/store.js";
import { toNextRow } from "./row.js";

/**
 * Wraps a store so that it answers as before and changes nothing, to explain how a request would be decided. A swap is
 * computed and not written, so that a stolen token in such a request ends no session, and a wrong password counts
 * against no account.
 */
export function readOnly(store: Store): Store {
  const refuse = (): never => {
    throw new AuthError("unavailable", "this store is opened for reading only");
  };
  return {
    ...store,
    openSession: refuse,
    swapSession: ({ row, now }, change) => ({ row: toNextRow(row, change), now }),
    endSession: refuse,
    endSubject: refuse,
    swapState: refuse,
    swapRecord: () => true,
    put: refuse,
    take: refuse,
    purge: () => 0,
  };
}
