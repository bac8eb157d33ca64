import type { HandlerContext } from "@connectrpc/connect";
import { peerSlot } from "../model/connect-context.js";
import type { LogInContext } from "../model/log-in.js";

/**
 * Where an RPC came from, as the engine wants to know it.
 *
 * @param withoutHeader leave this field out, in lower case
 */
export function toLogInContext(context: HandlerContext, withoutHeader?: string): LogInContext {
  return {
    peer: context.values.get(peerSlot) ?? { address: "", trusted: false },
    target: { method: context.requestMethod, path: new URL(context.url).pathname },
    signal: context.signal,
    rawHeaders: toRawHeaders(context, withoutHeader),
  };
}

/** With the authority, which HTTP/2 keeps in a pseudo header. */
function toRawHeaders({ requestHeader, url }: HandlerContext, without?: string): readonly string[] {
  const fields = [...requestHeader].filter(([name]) => name !== "host" && name !== without);
  return [...fields.flat(), "host", new URL(url).host];
}
