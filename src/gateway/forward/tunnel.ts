import type { Duplex } from "node:stream";
import type { Platform } from "../../base/platform.js";
import type { Ending } from "../route/outcome.js";

/** Both ends of a WebSocket's connection. */
export interface Tunnel {
  readonly caller: Duplex;
  readonly upstream: Duplex;
  /** Calls back when what let the caller in is gone, until the function that it returns is called. */
  readonly hold: (end: () => void) => () => void;
  /** Called once, with the bytes that came from the caller, and those that went to it. */
  readonly onClosed: (ending: Ending, bytesIn: number, bytesOut: number) => void;
  readonly platform: Platform;
  /** Closed after this long without a byte in either direction, milliseconds; it may take twice as long. */
  readonly idleMs: number;
}

/**
 * How long one side may go on after the other has closed its direction. A WebSocket ends with a close frame of each side
 * (RFC 6455 §7.1.1), so nothing of use comes after it.
 */
const halfClosedMs = 5_000;

/** Connects two sides, with back-pressure in both directions, until one of them ends. */
export function connectTunnel({ caller, upstream, hold, onClosed, platform, idleMs }: Tunnel): void {
  let moved = false;
  let isOver = false;
  let bytesIn = 0;
  let bytesOut = 0;
  function close(ending: Ending): void {
    if (isOver) return;
    isOver = true;
    cancel();
    cancelHalf?.();
    forget();
    caller.destroy();
    upstream.destroy();
    onClosed(ending, bytesIn, bytesOut);
  }
  const end = (): void => close("complete");
  function watch(): void {
    if (!moved) {
      end();
      return;
    }
    moved = false;
    cancel = platform.delay(idleMs, watch);
  }
  function onHalf(): void {
    cancelHalf ??= platform.delay(halfClosedMs, end);
  }

  let cancelHalf: (() => void) | undefined;
  let cancel = platform.delay(idleMs, watch);
  const forget = hold(() => close("shut_out"));
  for (const side of [caller, upstream]) side.on("error", end).on("close", end).on("end", onHalf);
  caller.on("data", (chunk: Uint8Array) => {
    moved = true;
    bytesIn += chunk.length;
  });
  upstream.on("data", (chunk: Uint8Array) => {
    moved = true;
    bytesOut += chunk.length;
  });
  caller.pipe(upstream);
  upstream.pipe(caller);
  // What let the caller in may be gone, and the caller may have left, before the upstream answered.
  if (caller.destroyed || upstream.destroyed) end();
}
