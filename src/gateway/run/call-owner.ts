import type { ServerResponse } from "node:http";
import { addAnswered } from "../../adapters/node/attach.js";
import { replaceCors } from "../../adapters/node/cors-policy.js";
import type { Platform } from "../../base/platform.js";
import { socketProtocolHeader, ticketProtocolsOf } from "../../credentials/socket-protocols.js";
import type { Identity } from "../../model/identity.js";
import { leave } from "../admit/enter.js";
import type { AnswerHead } from "../forward/answer-head.js";
import type { CallerExchange } from "../forward/caller-exchange.js";
import { editAnswer } from "../forward/edit-answer.js";
import type { ForwardedRequest } from "../forward/exchange.js";
import type { ExchangeOwner } from "../forward/exchange-owner.js";
import { Http1Exchange } from "../forward/http1-exchange.js";
import { Http2Exchange } from "../forward/http2-exchange.js";
import { StreamRequest } from "../listen/stream-request.js";
import { createHoldExchange, type HoldExchangeParts } from "./hold-exchange.js";
import { originOf } from "./incoming.js";
import type { Reporter } from "./report.js";
import type { RoutedCall } from "./routed-call.js";
import { writeRefusal } from "./write-refusal.js";

export interface CallOwnerParts
  extends HoldExchangeParts,
    Pick<Reporter, "reportExchange">,
    Pick<ExchangeOwner<unknown>, "ownCookie" | "holdOpen"> {
  readonly platform: Platform;
}

/** Makes what all exchanges of requests with routes share: what the gateway adds to their answers, and hears of them. */
export function createCallOwner<I extends Identity>(parts: CallOwnerParts): ExchangeOwner<RoutedCall<I>> {
  const { platform, ownCookie, holdOpen, hold, upstreams, reportExchange } = parts;
  return {
    platform,
    ownCookie,
    finish({ context: { asked, decision, incoming } }, head) {
      if (asked.route.responseHeaders !== undefined) editAnswer(head, asked.route.responseHeaders);
      if (decision?.kind !== "denied") addAnswered(head, decision?.kind === "allowed" ? decision : undefined);
      if (head.statusCode === 101) selectProtocol(head, incoming.request.rawHeaders);
      else if (asked.cors !== undefined) replaceCors(head, asked.cors, originOf(incoming.request));
    },
    hold: createHoldExchange({ hold, upstreams }),
    holdOpen,
    idleMsOf: ({ context: { asked } }) =>
      asked.route.limits?.bodyTimeoutMs ?? upstreams.get(asked.route.upstream)?.config.bodyTimeoutMs ?? 0,
    refuse: ({ context: { incoming, asked, decision } }, denial) =>
      writeRefusal(incoming, denial, { decision, cors: asked.cors }, platform),
    onOver(exchange, ending) {
      leave(exchange.context);
      reportExchange(exchange, ending);
    },
  };
}

/** Makes the exchange of a request, by the protocol of its caller. */
export function toExchange<I extends Identity>(
  forwarded: ForwardedRequest,
  call: RoutedCall<I>,
  owner: ExchangeOwner<RoutedCall<I>>,
): CallerExchange<RoutedCall<I>> {
  const { request, response, upgrade } = call.incoming;
  return request instanceof StreamRequest
    ? new Http2Exchange(forwarded, call, owner, request)
    : new Http1Exchange(forwarded, call, owner, request, response as ServerResponse, upgrade);
}

/**
 * A browser gives up a WebSocket whose answer selects none of the subprotocols that it offered (WebSockets Standard, "establish
 * a WebSocket connection"). Where the upstream selects none, the answer selects the one of the ticket, which is spent.
 */
function selectProtocol(head: AnswerHead, rawHeaders: readonly string[]): void {
  const [offered] = ticketProtocolsOf(rawHeaders);
  if (offered !== undefined && head.getHeader(socketProtocolHeader) === undefined)
    head.setHeader(socketProtocolHeader, offered);
}
