import type { Server } from "node:http";
import type { Platform } from "../../base/platform.js";
import type { Connection } from "./connection.js";
import { goAwayMs } from "./connection-limits.js";

/** How often a stop looks whether an HTTP/1 connection has become idle, which Node does not tell. */
const lookMs = 50;

/**
 * Lets calls under way finish: HTTP/2 clients are told to go (GOAWAY), idle HTTP/1 connections close, and so does each
 * other one after its response. What is still open after `timeoutMs` is destroyed; Node's own `close` would wait for
 * ever for an idle HTTP/2 session on 20 and 22.
 *
 * @returns when no connection is left.
 */
export function drain(
  connections: ReadonlySet<Connection>,
  http1: Server,
  timeoutMs: number,
  platform: Platform,
): Promise<void> {
  const giveUpAt = platform.monotonic() + timeoutMs;
  return new Promise((resolve) => {
    function look(): void {
      http1.closeIdleConnections();
      const late = platform.monotonic() >= giveUpAt;
      for (const connection of connections) {
        if (late || !connection.served) connection.socket.destroy();
        else if (connection.session?.closed === false) {
          connection.session.close();
          if (connection.openStreams === 0) connection.deadline = platform.monotonic() + goAwayMs;
        }
      }
      if (connections.size === 0) resolve();
      else platform.delay(late ? 0 : lookMs, look, true);
    }
    look();
  });
}
