import type { CredentialMemory } from "../handlers/remembered-credentials.js";
import type { Emit } from "../model/events.js";
import type { EndEvent, Store, Watch } from "../model/store.js";

/**
 * Makes the watch on a store: ends of other realms are left out, credentials of those that ended are forgotten, and a
 * store that says that it cannot answer is reported, also while no request asks it.
 */
export function watchEnds(
  store: Store,
  realm: string,
  memory: Pick<CredentialMemory, "forget">,
  onSubject: (subject: string) => void,
  emit: Emit,
): (onEnd: (event: EndEvent) => void) => Watch {
  return (onEnd: (event: EndEvent) => void): Watch =>
    store.watch((event) => {
      if (event.kind === "subject") {
        if ((event.realm ?? realm) !== realm) return;
        memory.forget(event.subject);
        onSubject(event.subject);
      }
      if (event.kind === "gap") {
        memory.forget();
        if (event.error !== undefined) emit({ kind: "store-failed", error: event.error });
      }
      onEnd(event);
    });
}
