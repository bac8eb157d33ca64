import type { Decision } from "../../model/decision.js";
import type { ExchangeOwner } from "../forward/exchange-owner.js";
import type { Upstreams } from "../forward/upstreams.js";
import { allowSlowReader, unreadMsOf } from "../listen/slow-readers.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import { callerOf } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import type { Incoming } from "./incoming.js";
import type { OpenStream } from "./open-streams.js";

/** An exchange whose answer does not come in one piece, or a WebSocket. */
interface Streaming {
  readonly incoming: Incoming;
  readonly asked: { readonly route: RouteConfig; readonly target: CanonicalTarget };
  readonly decision: Decision | undefined;
  readonly decidedAt: number;
  readonly client: string | undefined;
}

export interface HoldExchangeParts {
  /** Watches what let the caller in. */
  readonly hold: (stream: OpenStream, end: () => void) => () => void;
  readonly upstreams: Pick<Upstreams, "get">;
}

/** Makes what watches over streams: over what let their callers in, and over callers that do not read. */
export function createHoldExchange({ hold, upstreams }: HoldExchangeParts): ExchangeOwner<Streaming>["hold"] {
  return ({ context: { decision, decidedAt, incoming, asked, client }, request: { method } }, end) => {
    const { route, target } = asked;
    const caller = decision && callerOf(decision);
    if (caller !== undefined) allowSlowReader(incoming.request, route.readTimeoutMs);
    const stream = { caller, asked: { ...target, method, at: decidedAt, client } };
    const forget = hold(stream, () => end("unauthenticated"));
    const reader = { unreadMs: () => unreadMsOf(incoming.request), end: () => end("unread") };
    const leave = upstreams.get(route.upstream)?.shares.watch(reader, client);
    return () => {
      forget();
      leave?.();
    };
  };
}
