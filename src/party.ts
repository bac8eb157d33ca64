import type { EventParty } from "./events.js";
import { toActorNames } from "./identity.js";
import type { Caller } from "./sessions/session.js";

/** A caller, for events. */
export function toParty({ identity, actor, scheme, session }: Caller): EventParty {
  return { ref: session?.ref, subject: identity.subject, ...toActorNames(actor), scheme };
}
