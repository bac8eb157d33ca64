import { afterThisTurn } from "../../base/platform.js";
import type { Connect, Exchange, Forwarder, UpstreamConnection } from "./exchange.js";
import { notSent } from "./not-sent.js";
import { toUnavailable } from "./unavailable.js";

export interface NegotiatedParts {
  /** Offers both protocols. */
  readonly ask: Connect;
  /** Host and port, for operators. */
  readonly where: string;
  /**
   * Makes the forwarder of HTTP/1.1.
   *
   * @param onFailed to be called when a connection of its own cannot be opened
   */
  readonly createHttp1: (onFailed: () => void) => Forwarder;
  /** Makes the forwarder of HTTP/2, with a `connect` that does not throw away what was found out. */
  readonly createHttp2: (connect: Connect) => Forwarder;
}

/** An exchange that waits until the protocol is known. */
interface Asking {
  readonly exchange: Exchange;
  readonly onFree: () => void;
}

/**
 * Makes a forwarder to an upstream behind TLS that speaks the protocol to which the upstream agrees. The first exchanges
 * wait for the connection that finds out. An upstream that agrees no longer to what it agreed to is asked again by the next
 * exchange.
 *
 * WebSockets go over HTTP/1.1: few servers that take them do so over HTTP/2 as well.
 */
export function createNegotiated({ ask, where, createHttp1, createHttp2 }: NegotiatedParts): Forwarder {
  let chosen: Forwarder | undefined;
  let found: UpstreamConnection | undefined;
  let isAsking = false;
  let isClosed = false;
  const waiting = new Set<Asking>();
  const http1: Forwarder = createHttp1(() => {
    // It may take HTTP/2 alone now. A WebSocket asks for HTTP/1.1 whatever was chosen.
    if (chosen === http1) chosen = undefined;
  });
  const http2: Forwarder = createHttp2((onOpen) => {
    const first = found;
    found = undefined;
    function tell(error: NodeJS.ErrnoException | undefined, connection?: UpstreamConnection): void {
      if (connection?.protocol === "http1") chosen = undefined;
      onOpen(error, connection);
    }
    if (first === undefined) return ask(tell);
    let isWanted = true;
    afterThisTurn(() => (isWanted ? tell(undefined, first) : drop(first)));
    return () => {
      isWanted = false;
    };
  });

  function find(): void {
    isAsking = true;
    ask((error, connection) => {
      isAsking = false;
      if (connection !== undefined) {
        chosen = connection.protocol === "http2" ? http2 : http1;
        // HTTP/1 has its own way of reading. One that no exchange waits for would be lent when the upstream has closed it.
        if (connection.protocol === "http2" && waiting.size > 0 && !isClosed) found = connection;
        else drop(connection);
      }
      const asking = [...waiting];
      waiting.clear();
      for (const { exchange, onFree } of asking) {
        if (chosen !== undefined) chosen.send(exchange, onFree);
        else {
          exchange.fail(toUnavailable(error ?? new Error("no connection"), where));
          onFree();
        }
      }
    });
  }

  async function closeBoth(how: "close" | "destroy"): Promise<void> {
    isClosed = true;
    await Promise.all([http1[how](), http2[how]()]);
  }

  return {
    get places() {
      return chosen?.places ?? http1.places;
    },
    send(exchange, onFree) {
      if (exchange.request.isWebSocket || isClosed) http1.send(exchange, onFree);
      else if (chosen !== undefined) chosen.send(exchange, onFree);
      else {
        const asking: Asking = { exchange, onFree };
        exchange.attach(notSent(() => waiting.delete(asking) && onFree()));
        waiting.add(asking);
        if (!isAsking) find();
      }
    },
    close: () => closeBoth("close"),
    destroy: () => closeBoth("destroy"),
  };
}

function drop({ socket }: UpstreamConnection): void {
  socket.on("error", ignore).destroy();
}

function ignore(): void {}
