import type { OneTimeProofs } from "../handlers/handler.js";
import type { Identity } from "../model/identity.js";
import type { SessionRules } from "../model/session.js";
import type { CallerSlot } from "./caller-slot.js";

/** What a front needs of an `Auth`, an adapter or a service, and a route does not. */
export interface AuthFront<I extends Identity = Identity> {
  /** Part of every token's MAC and of every challenge. */
  readonly realm: string;
  /** Policy and durations of the sessions that open here, where a front does not give its own. */
  readonly rules: SessionRules;
  /** Schemes exactly as their handlers spell them, and aliases, each with the scheme in lower case that it stands for. */
  readonly schemes: ReadonlyMap<string, string>;
  /** Where a request, or a Connect context, keeps its caller. One per `createAuth`. */
  readonly slot: CallerSlot<I>;
  /**
   * What the handler of a scheme keeps in the store, for a front that belongs to that handler: `externalPages` meets the
   * clients that wait on any node there.
   *
   * @param scheme in any case
   */
  oneTimeProofs(scheme: string): OneTimeProofs;
}
