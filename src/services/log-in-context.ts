import type { HandlerContext } from "@connectrpc/connect";
import { peerSlot } from "../model/connect-context.js";
import type { LogInContext } from "../model/log-in.js";

/**
 * Returns the origin of an RPC, as the engine takes it.
 *
 * @param without the names of headers to leave out, in lower case
 */
export function toLogInContext(context: HandlerContext, ...without: readonly string[]): LogInContext {
  return {
    peer: context.values.get(peerSlot) ?? { address: "", trusted: false },
    target: { method: context.requestMethod, path: new URL(context.url).pathname },
    signal: context.signal,
    rawHeaders: toRawHeaders(context, without),
  };
}

/** Returns the headers with `host`, since HTTP/2 carries the authority in a pseudo header. */
function toRawHeaders({ requestHeader, url }: HandlerContext, without: readonly string[]): readonly string[] {
  const fields = [...requestHeader].filter(([name]) => name !== "host" && !without.includes(name));
  return [...fields.flat(), "host", new URL(url).host];
}
