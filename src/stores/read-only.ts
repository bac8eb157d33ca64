import { AuthError } from "../base/errors.js";
import type { Store } from "../model/store.js";
import { toNextRow } from "./row.js";

/**
 * A store that answers as the one behind it would and changes nothing: for looking at what would become of a request. A
 * swap is computed and not written, so that even a stolen token that is looked at ends no session, and a wrong password
 * that is looked at counts against nobody.
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
