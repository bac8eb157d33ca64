import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Answered } from "../../adapters/node/attach.js";
import { dropRest } from "../../adapters/node/drop-rest.js";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { type Awaitable, after } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest } from "../../model/request.js";
import { toWholeIdentity } from "../forward/identity-headers.js";
import type { ProxyQuestion } from "../own/question.js";
import type { Ambiguity } from "../route/ambiguity.js";
import { callerOf } from "../route/permission.js";
import { toClientDenial } from "./client-denial.js";
import { type Incoming, isGone, toNode } from "./incoming.js";
import type { Reporter } from "./report.js";
import type { Ruled, RuleQuestion } from "./rule-question.js";

export interface AnswerQuestionOptions<I extends Identity> {
  readonly rule: RuleQuestion<I>;
  readonly platform: Platform;
  readonly report: Reporter["report"];
}

/**
 * Makes the function that answers other proxies, which ask whether a request of theirs may pass. It is decided by the routes as
 * a request to the gateway itself is:
 *
 * - 200: it may. The answer has every field that tells the upstream who calls, an empty one where there is nothing to tell, and
 *   as `sallyport-token` the client's next token, which the proxy hands to its client as `Authorization`; it too is empty where
 *   there is none.
 * - Any other status: it may not. The answer is the client's, in the form of plain HTTP and Connect, since no proxy takes a
 *   denial of gRPC, whose status is 200, for one; its challenges stand in one field.
 *
 * A proxy that knows of a status alone asks once more, for the denial: when it would be none, the proxy has failed itself.
 *
 * A preflight counts as the request that it is: the proxy, or the upstream, answers those.
 */
export function createAnswerQuestion<I extends Identity>({
  rule,
  platform,
  report,
}: AnswerQuestionOptions<I>): (
  incoming: Incoming,
  question: ProxyQuestion | Ambiguity,
  data: AuthRequest,
) => Awaitable<void> {
  function refuse(
    incoming: Incoming,
    { denial, answered, route, detail }: Extract<Ruled<I>, { kind: "refused" }>,
  ): void {
    const { status, headers, body } = toClientDenial(denial, incoming.request.rawHeaders);
    const { request, response } = toNode(incoming);
    for (const [name, value] of headers) response.setHeader(name, value);
    addOffer(response, "authorization", answered);
    response.setHeader("content-length", body.length);
    response.statusCode = status;
    end(request, response, platform, body);
    report(incoming, { kind: "asked", route, caller: undefined, denial, detail }, { status });
  }

  function allow(incoming: Incoming, { route, decision }: Extract<Ruled<I>, { kind: "passes" }>): void {
    const caller = callerOf(decision);
    const { request, response } = toNode(incoming);
    const fields = toWholeIdentity(caller);
    for (let index = 0; index < fields.length; index += 2)
      response.setHeader(fields[index] as string, fields[index + 1] as string);
    response.setHeader("cache-control", "no-store");
    response.setHeader("content-length", 0);
    response.setHeader("sallyport-token", "");
    addOffer(response, "sallyport-token", decision.kind === "allowed" ? decision : undefined);
    response.statusCode = 200;
    end(request, response, platform);
    report(incoming, { kind: "asked", route, caller }, { status: 200 });
  }

  return function answer(incoming, question, data) {
    return after(rule(question, data), (ruled) => {
      if (isGone(incoming)) {
        if (ruled.route !== undefined)
          report(incoming, { kind: "left", route: ruled.route }, { status: 0, ending: "caller_left" });
      } else if (ruled.kind === "refused") refuse(incoming, ruled);
      else allow(incoming, ruled);
    });
  };
}

/** A proxy that has two lines of one field to copy takes one of them. */
function addOffer(response: NodeResponse, name: string, { offer, headers }: Answered = {}): void {
  for (const [field, value] of headers ?? []) response.setHeader(field, value);
  if (offer?.usable() !== true) return;
  response.setHeader(name, `${offer.scheme} ${offer.token}`);
  if (offer.setCookie !== undefined) response.setHeader("set-cookie", offer.setCookie);
}

/**
 * Ends an answer. Behind a question that announces a body nothing is read: a proxy that asks with its client's
 * `Content-Length` and sends no body would have the next question on the connection taken for that body.
 */
function end(request: NodeRequest, response: NodeResponse, platform: Platform, body?: Uint8Array): void {
  if ("stream" in request) {
    dropRest(request.stream, platform);
    if (body === undefined) (response as Http2ServerResponse).end();
    else (response as Http2ServerResponse).end(body);
    return;
  }
  const http1 = response as ServerResponse;
  if (announcesBody(request)) {
    request.pause();
    http1.setHeader("connection", "close");
    http1.once("finish", () => request.socket.destroySoon());
  }
  http1.end(body);
}

function announcesBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
