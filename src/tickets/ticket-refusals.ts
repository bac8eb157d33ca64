import { atOnce } from "../base/awaitable.js";
import type { Emit } from "../model/events.js";
import type { RequestOrigin } from "../model/request.js";
import type { Sessions } from "../sessions/sessions.js";
import type { RefusedTicket, TicketMisuse, TicketRefusal } from "./ticket.js";

export interface TicketRefusalParts {
  readonly sessions: Pick<Sessions, "end">;
  readonly onTicketMisuse: (misuse: TicketMisuse) => "revoke" | "alarm";
  readonly emit: Emit;
}

/** Refuses tickets, and reports each refusal. */
export interface TicketRefusals {
  /** Refuses a ticket of which nothing says that there is a copy. */
  refuse(
    reason: Exclude<TicketRefusal, TicketMisuse["reason"]>,
    service: string,
    ref: string | undefined,
    source: RequestOrigin | undefined,
  ): RefusedTicket;
  /** Refuses a ticket that came back, or to the wrong service: an alarm, after which the policy may end the session. */
  misused(
    ref: string | undefined,
    reason: TicketMisuse["reason"],
    service: string,
    source: RequestOrigin | undefined,
  ): Promise<RefusedTicket>;
}

export function createTicketRefusals({ sessions, onTicketMisuse, emit }: TicketRefusalParts): TicketRefusals {
  return {
    refuse(reason, service, ref, source) {
      emit({ kind: "ticket-refused", ref, reason, service }, source);
      return { kind: "refused", reason };
    },
    async misused(ref, reason, service, source) {
      emit({ kind: "ticket-misused", ref, reason, service }, source);
      let answer: "revoke" | "alarm";
      try {
        answer = atOnce(() => onTicketMisuse({ ref, reason, service }));
      } catch (error) {
        emit({ kind: "callback-failed", callback: "onTicketMisuse", error });
        answer = "revoke"; // a policy that fails must not spare a thief
      }
      if (answer === "revoke" && ref !== undefined) await sessions.end(ref, "ticket misused", source);
      return { kind: "refused", reason };
    },
  };
}
