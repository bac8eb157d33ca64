import type { CredentialMemory } from "../handlers/remembered-credentials.js";
import type { EndEvent, Store, Watch } from "../model/store.js";

/** Makes the watch on a store: ends of other realms are left out, and credentials of those that ended are forgotten. */
export function watchEnds(
  store: Store,
  realm: string,
  memory: Pick<CredentialMemory, "forget">,
  onSubject: (subject: string) => void,
): (onEnd: (event: EndEvent) => void) => Watch {
  return (onEnd: (event: EndEvent) => void): Watch =>
    store.watch((event) => {
      if (event.kind === "subject") {
        if ((event.realm ?? realm) !== realm) return;
        memory.forget(event.subject);
        onSubject(event.subject);
      }
      if (event.kind === "gap") memory.forget();
      onEnd(event);
    });
}
