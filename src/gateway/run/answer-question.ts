import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Answered } from "../../adapters/node/attach.js";
import { dropRest } from "../../adapters/node/drop-rest.js";
import { toDenialResponse } from "../../adapters/node/reject.js";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { type Awaitable, after } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { firstOf } from "../../model/raw-headers.js";
import type { AuthRequest } from "../../model/request.js";
import { asksMore, type Enter, type Entering, leave } from "../admit/enter.js";
import { toWholeIdentity } from "../forward/identity-headers.js";
import type { ProxyQuestion } from "../own/question.js";
import { type Ambiguity, isAmbiguous } from "../route/ambiguity.js";
import { none } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { callerOf, denialOf } from "../route/permission.js";
import { createResolve } from "../route/resolve.js";
import type { RouteConfig } from "../route/route-config.js";
import type { RouteTable } from "../route/routes.js";
import { type Incoming, isGone, toNode } from "./incoming.js";
import { createKeptDecisions, type Ruling } from "./kept-decisions.js";
import type { Reporter } from "./report.js";

export interface AnswerQuestionOptions<I extends Identity> {
  readonly auth: Auth<I>;
  readonly routes: RouteTable;
  readonly enter: Enter;
  readonly platform: Platform;
  readonly report: Reporter["report"];
}

/** A denial with what the caller gets beside it. */
interface Refused {
  readonly denial: Denial;
  readonly answered?: Answered | undefined;
  readonly route?: RouteConfig | undefined;
  readonly detail?: string | undefined;
}

/** Not a proxy that may ask: a client could learn what others may do, and offer an address of its choice. */
const notTrusted = "the question comes from an address that trustedProxies does not name";

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
export function createAnswerQuestion<I extends Identity>(
  options: AnswerQuestionOptions<I>,
): (incoming: Incoming, question: ProxyQuestion | Ambiguity, data: AuthRequest) => Awaitable<void> {
  const { auth, enter, platform, report } = options;
  const resolve = createResolve(options.routes, { find: () => undefined });
  const kept = createKeptDecisions<I>(auth.front, platform);

  function refuse(incoming: Incoming, { denial, answered, route, detail }: Refused): void {
    const isConnect = firstOf(incoming.request.rawHeaders, "connect-protocol-version") !== undefined;
    const form = isConnect ? connect : [];
    const { status, headers, body } = toDenialResponse(denial, { method: "GET", rawHeaders: form });
    const fields = new Map<string, string>();
    for (const [name, value] of headers) {
      const before = fields.get(name);
      fields.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    const { request, response } = toNode(incoming);
    for (const [name, value] of fields) response.setHeader(name, value);
    addOffer(response, "authorization", answered);
    response.setHeader("content-length", body.length);
    response.statusCode = status;
    end(request, response, platform, body);
    report(incoming, { kind: "asked", route, caller: undefined, denial, detail }, { status });
  }

  function allow(incoming: Incoming, route: RouteConfig, decision: Exclude<Decision<I>, Denial>): void {
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
    if (!incoming.peer.trusted) return refuse(incoming, { denial: refusals.not_permitted, detail: notTrusted });
    if (isAmbiguous(question)) return refuse(incoming, { denial: refusals.bad_request, detail: question.detail });
    const asked = resolve(question, false);
    if (asked.kind !== "route") {
      const { denial, detail } = asked.kind === "refused" ? asked : { denial: refusals.bad_request, detail: undefined };
      return refuse(incoming, { denial, detail });
    }
    const { route, target, requirements } = asked;
    const about: AuthRequest = {
      method: question.method,
      path: target.path,
      rawHeaders: question.asked,
      truncated: data.truncated === true,
      peer: data.peer,
    };
    const conclude = ({ decision, denial, detail }: Ruling<I>): void => {
      if (decision.kind === "denied") refuse(incoming, { denial: decision, route });
      else if (denial !== undefined)
        refuse(incoming, { denial, answered: decision.kind === "allowed" ? decision : undefined, route, detail });
      else if (question.isForDenial) refuse(incoming, { denial: refusals.upstream_failed, route });
      else allow(incoming, route, decision);
    };
    const rule = (decision: Decision<I>): Awaitable<Ruling<I>> => {
      const denial = denialOf(route, decision, auth, about);
      if (denial !== undefined || !asksMore(route)) return { decision, denial };
      const entering: Entering = { asked: { route, framing: none, target }, count: undefined, detail: undefined };
      return after(enter(entering, decision, about), (refused) => {
        // The proxy does not tell when the request ends.
        leave(entering);
        return { decision, denial: refused, detail: entering.detail };
      });
    };
    const ruling = kept.decide(about, question.url, asksMore(route), () =>
      after(auth.authenticate(about, requirements), rule),
    );
    if (!(ruling instanceof Promise)) return conclude(ruling);
    return ruling.then((made) => {
      if (isGone(incoming)) report(incoming, { kind: "left", route }, { status: 0, ending: "caller_left" });
      else conclude(made);
    });
  };
}

const connect = Object.freeze(["connect-protocol-version", "1"]);

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
