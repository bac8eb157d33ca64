import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Platform } from "../../base/platform.js";
import { toCallerHeaders } from "./managed-headers.js";

/** A caller's connection after Node has handed it over with its `upgrade` event. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  /** The bytes behind the header block. */
  readonly head: Uint8Array;
  /** From `createUpgradeResponse`. */
  readonly response: ServerResponse;
}

/**
 * Makes a response on a connection that Node has handed over, so that denials and ordinary responses are written as for
 * any request. The connection ends with it.
 */
export function createUpgradeResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node has removed its own listeners; an error event without a listener would end the process.
  socket.on("error", () => socket.destroy());
  response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
  response.on("finish", () => socket.end());
  return response;
}

export interface Tunnel extends UpgradeSocket {
  readonly upstream: Duplex;
  /** The header fields of the upstream's 101. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** See `toCallerHeaders`. */
  readonly ownCookie: string | undefined;
  /** Calls back when what let the caller in is gone, until the function that it returns is called. */
  readonly hold: (end: () => void) => () => void;
  readonly platform: Platform;
  /** Closed after this long without a byte in either direction, milliseconds; it may take twice as long. */
  readonly idleMs: number;
}

/** Answers 101, with the offered token if there is one, and connects the two sides until one of them ends. */
export function openTunnel(tunnel: Tunnel): void {
  const { response, socket, head, upstream, headers, ownCookie, hold, platform, idleMs } = tunnel;
  for (const [name, value] of toCallerHeaders(headers, ownCookie)) {
    if (name !== "content-length") response.setHeader(name, value);
  }
  response.setHeader("Connection", "Upgrade");
  response.setHeader("Upgrade", "websocket");
  response.statusCode = 101;
  // `flushHeaders` names no encoding, and the default, UTF-8, makes two bytes of each above 0x7f.
  socket.setDefaultEncoding("latin1");
  response.flushHeaders();
  response.detachSocket(socket as Parameters<typeof response.detachSocket>[0]);

  let moved = -1;
  let cancel = (): void => {};
  let forget = (): void => {};
  function end(): void {
    cancel();
    forget();
    socket.destroy();
    upstream.destroy();
  }
  function watch(): void {
    const now = bytesThrough(socket) + bytesThrough(upstream);
    if (now === moved) {
      end();
      return;
    }
    moved = now;
    cancel = platform.delay(idleMs, watch);
  }

  forget = hold(end);
  upstream.on("error", end).on("close", end);
  socket.on("close", end);
  if (head.length > 0) upstream.write(head);
  socket.pipe(upstream);
  upstream.pipe(socket);
  watch();
  // What let the caller in may be gone, and the caller may have left, before the upstream answered.
  if (socket.destroyed) end();
}

function bytesThrough(socket: Duplex): number {
  return (socket as Duplex & { readonly bytesRead?: number }).bytesRead ?? 0;
}
