import type { Server } from "node:http";
import type { Platform } from "../../base/platform.js";
import type { AwakeClock } from "./awake-clock.js";
import type { Connection } from "./connection.js";
import { goAwayMs } from "./connection-limits.js";

/** How often a stop checks whether an HTTP/1 connection has become idle, for which Node has no event. */
const lookMs = 50;

/**
 * Lets calls under way finish: HTTP/2 clients get GOAWAY, idle HTTP/1 connections close, and each other one closes
 * after its response. Connections that are open after `timeoutMs` are destroyed; Node's own `close` would wait for ever
 * for an idle HTTP/2 session on 20 and 22.
 *
 * @returns a promise that resolves when no connection is left
 */
export function drain(
  connections: ReadonlySet<Connection>,
  http1: Server,
  timeoutMs: number,
  platform: Platform,
  clock: AwakeClock,
): Promise<void> {
  const giveUpAt = clock.now() + timeoutMs;
  return new Promise((resolve) => {
    function look(): void {
      http1.closeIdleConnections();
      const late = clock.now() >= giveUpAt;
      for (const connection of connections) {
        if (late || !connection.served) connection.socket.destroy();
        else if (connection.session?.closed === false) {
          connection.session.close();
          if ((connection.streams?.size ?? 0) === 0) connection.deadline = clock.now() + goAwayMs;
        }
      }
      if (connections.size === 0) resolve();
      else platform.delay(late ? 0 : lookMs, look, true);
    }
    look();
  });
}
