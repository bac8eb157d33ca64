import { type Breaker, isOwnFault } from "../../base/breaker.js";
import { afterThisTurn } from "../../base/platform.js";
import type { ReadingConnect } from "./connect.js";
import type { UpstreamConnection } from "./exchange.js";
import { describeUnavailable } from "./unavailable.js";

/**
 * Connects by way of a breaker: while the upstream takes no connection, requests are refused at once in place of holding a
 * place each until the time is over. Connections that are open are not concerned, and what an upstream does on one does not
 * count: that depends on what its caller asked for.
 *
 * @param closing aborted when the upstream is not used any more: then no attempt goes on without a request
 */
export function guardConnect(connect: ReadingConnect, breaker: Breaker, closing: AbortSignal): ReadingConnect {
  return (onOpen, reader) => {
    const attempt = breaker.begin();
    let isWanted = true;
    if (attempt === undefined) {
      // Not at once: the place of a request that fails goes to one that waits, and so on.
      afterThisTurn(() => {
        if (isWanted) onOpen(Object.assign(new Error("the breaker is open"), { code: "breaker_open" }));
      });
      return () => {
        isWanted = false;
      };
    }
    function giveUp(): void {
      attempt?.dropped();
      cancel();
    }
    function settle(error: NodeJS.ErrnoException | undefined, connection?: UpstreamConnection): void {
      closing.removeEventListener("abort", giveUp);
      if (connection !== undefined) attempt?.succeeded();
      else if (error === undefined || isOwnFault(error)) attempt?.dropped();
      else attempt?.failed(describeUnavailable(error));
      if (isWanted) onOpen(error, connection);
      else connection?.socket.on("error", () => {}).destroy();
    }
    const cancel = connect(settle, reader);
    return () => {
      isWanted = false;
      // The one attempt that finds out goes on: by leaving again and again one caller could keep it from ending.
      if (attempt.isTrial && !closing.aborted) closing.addEventListener("abort", giveUp, { once: true });
      else giveUp();
    };
  };
}
