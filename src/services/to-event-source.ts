import type { HandlerContext } from "@connectrpc/connect";
import type { EventSource } from "../events.js";
import { peerSlot } from "../peer.js";

/** The request behind a call, for events. */
export function toEventSource(context: HandlerContext): EventSource {
  return { peer: context.values.get(peerSlot), rawHeaders: [...context.requestHeader].flat() };
}
