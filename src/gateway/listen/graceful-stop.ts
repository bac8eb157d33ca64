import type { Server } from "node:http";
import type { Platform } from "../../base/platform.js";
import type { AwakeClock } from "./awake-clock.js";
import type { Connection } from "./connection.js";
import { goAwayMs } from "./connection-limits.js";

/** How often a stop checks whether an HTTP/1 connection has become idle, for which Node has no event. */
const lookMs = 50;

/** A stop under way. */
export interface Drain {
  /** Resolves when no connection is left. */
  readonly done: Promise<void>;
  /** Destroys what is left. */
  giveUp(): void;
}

/**
 * Lets calls under way finish:
 *
 * - HTTP/2: GOAWAY. It names the last stream that is served; a client may send those after it again (RFC 9113 §6.8). Node
 *   has no GOAWAY that only announces another one: after any, it serves no new stream.
 * - HTTP/1: each connection closes after its response; idle ones at the second look, since the bytes of a request may have
 *   come that were not read yet.
 *
 * Connections that are open after `timeoutMs` are destroyed; Node's own `close` would wait for ever for an idle HTTP/2
 * session on 20 and 22.
 */
export function drain(
  connections: ReadonlySet<Connection>,
  http1: Server,
  timeoutMs: number,
  platform: Platform,
  clock: AwakeClock,
): Drain {
  let giveUpAt = clock.now() + timeoutMs;

  let cancel = (): void => {};
  let look = (): void => {};
  const done = new Promise<void>((resolve) => {
    let isFirst = true;
    look = () => {
      cancel();
      const late = clock.now() >= giveUpAt;
      if (!isFirst) http1.closeIdleConnections();
      for (const connection of connections) {
        if (late || (!connection.served && !isFirst)) connection.socket.destroy();
        else if (connection.session?.closed === false) {
          connection.session.close();
          if ((connection.streams?.size ?? 0) === 0) connection.deadline = clock.now() + goAwayMs;
        }
      }
      isFirst = false;
      if (connections.size === 0) resolve();
      else cancel = platform.delay(late ? 0 : lookMs, look, true);
    };
  });
  look();
  return {
    done,
    giveUp() {
      giveUpAt = clock.now();
      look();
    },
  };
}
