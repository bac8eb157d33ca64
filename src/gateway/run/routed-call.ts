import type { Decision } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { CallerCount } from "../admit/caller-counts.js";
import type { OwnAnswer } from "../own/own-answers.js";
import type { Resolution } from "../route/resolve.js";
import type { Incoming } from "./incoming.js";

type Routed = Extract<Resolution<OwnAnswer>, { kind: "route" }>;

/** A request for which there is a route. */
export interface RoutedCall<I extends Identity> {
  readonly incoming: Incoming;
  readonly asked: Routed;
  decision: Decision<I> | undefined;
  /** When it was decided, in milliseconds since 1970. */
  decidedAt: number;
  /** For the shares of the upstream; `undefined` behind a trusted proxy that names no client. */
  client: string | undefined;
  /** Where its route counts requests. */
  count: CallerCount | undefined;
  /** Why it is refused, for operators. */
  detail: string | undefined;
}

export function beginCall<I extends Identity>(incoming: Incoming, asked: Routed): RoutedCall<I> {
  const unknown = undefined;
  return { incoming, asked, decision: unknown, decidedAt: 0, client: unknown, count: unknown, detail: unknown };
}
