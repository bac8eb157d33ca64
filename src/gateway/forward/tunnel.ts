import type { Duplex } from "node:stream";
import type { Platform } from "../../base/platform.js";
import type { Ending } from "../route/outcome.js";
import type { Failure } from "./exchange.js";
import { createFrameTracker, toCloseFrame } from "./websocket-frames.js";

/** Both ends of a WebSocket's connection. */
export interface Tunnel {
  readonly caller: Duplex;
  readonly upstream: Duplex;
  /** Calls back when the tunnel has to end, until the function that it returns is called. */
  readonly hold: (end: (why: "shut_out" | Failure) => void) => () => void;
  /** Calls back when the gateway goes away, until the function that it returns is called. */
  readonly holdOpen: (goAway: () => void) => () => void;
  /** Called once, with the bytes that came from the caller, and those that went to it. */
  readonly onClosed: (ending: Ending | Failure, bytesIn: number, bytesOut: number) => void;
  readonly platform: Platform;
  /** Closed after this long without a byte in either direction, milliseconds; it may take twice as long. */
  readonly idleMs: number;
}

/**
 * How long one side may go on after the other has closed its direction. A WebSocket ends with a close frame of each side
 * (RFC 6455 §7.1.1), so nothing of use comes after it.
 */
const halfClosedMs = 5_000;

/** How long a caller has to read the close frame and what stood before it: the end of who is shut out is due within 1 s. */
const closingMs = 1_000;

/** RFC 6455 §7.4.1: policy violation, and going away. */
const closeFrames = {
  shut_out: toCloseFrame(1008, "What let you in is gone."),
  going_away: toCloseFrame(1001, "The gateway stops. Connect again."),
} as const;

/** Connects two sides, with back-pressure in both directions, until one of them ends. */
export function connectTunnel({ caller, upstream, hold, holdOpen, onClosed, platform, idleMs }: Tunnel): void {
  let moved = false;
  let isOver = false;
  let isClosing = false;
  let bytesIn = 0;
  let bytesOut = 0;
  let ending: Ending | Failure = "complete";
  /** Of what the caller is sent: a close frame of the gateway may stand between two frames only. */
  const frames = createFrameTracker();
  function end(): void {
    if (isOver) return;
    isOver = true;
    cancel();
    cancelHalf?.();
    forget?.();
    forgetOpen?.();
    caller.destroy();
    upstream.destroy();
    onClosed(ending, bytesIn, bytesOut);
  }
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
  /**
   * Ends the tunnel with a close frame; by a cut in the middle of a frame, which none can complete any more, and where the
   * caller does not read.
   */
  function close(why: keyof typeof closeFrames | Failure): void {
    if (isOver || isClosing) return;
    isClosing = true;
    ending = why;
    if (typeof why !== "string" || !frames.isBetween || frames.isClosed || caller.writableEnded) {
      end();
      return;
    }
    cancel();
    cancelHalf?.();
    cancelHalf = platform.delay(closingMs, end);
    upstream.off("close", end).unpipe(caller).destroy();
    caller.unpipe(upstream).resume().end(closeFrames[why]);
  }

  let cancelHalf: (() => void) | undefined;
  let forget: (() => void) | undefined;
  let forgetOpen: (() => void) | undefined;
  let cancel = platform.delay(idleMs, watch);
  for (const side of [caller, upstream]) side.on("error", end).on("close", end).on("end", onHalf);
  caller.on("data", (chunk: Uint8Array) => {
    moved = true;
    bytesIn += chunk.length;
  });
  upstream.on("data", (chunk: Uint8Array) => {
    moved = true;
    bytesOut += chunk.length;
    frames.see(chunk);
  });
  caller.pipe(upstream);
  upstream.pipe(caller);
  // It may call back at once.
  forget = hold(close);
  forgetOpen = holdOpen(() => close("going_away"));
  // What let the caller in may be gone, and the caller may have left, before the upstream answered.
  if (caller.destroyed || upstream.destroyed) end();
}
