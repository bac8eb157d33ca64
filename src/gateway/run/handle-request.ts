import type { IncomingMessage, ServerResponse } from "node:http";
import { answerPreflight, finishCors } from "../../adapters/node/cors-policy.js";
import { createRequestReader } from "../../adapters/node/request.js";
import type { Awaitable } from "../../base/awaitable.js";
import { systemPlatform } from "../../base/platform.js";
import { clientAddress } from "../../credentials/source.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { AuthRequest } from "../../model/request.js";
import type { Session } from "../../model/session.js";
import { createCountsOf } from "../admit/counts-of.js";
import { asksMore, createEnter, leave } from "../admit/enter.js";
import { bridgeDenialOf } from "../forward/bridge/bridge.js";
import { isRpcStream } from "../forward/content-type.js";
import { createUpgradeResponse, type UpgradeSocket } from "../forward/http1-exchange.js";
import { timeLimitOf } from "../forward/time-limit.js";
import { createToUpstreamRequest } from "../forward/upstream-request.js";
import type { Upstream } from "../forward/upstreams.js";
import { maxHeaderBytes } from "../listen/connection-limits.js";
import { allowSlowBody } from "../listen/slow-clients.js";
import { StreamRequest } from "../listen/stream-request.js";
import { toCarriers } from "../own/carriers.js";
import { createOwnAnswers } from "../own/own-answers.js";
import { noServices } from "../own/own-config.js";
import { createOwnServers } from "../own/own-servers.js";
import { createReadQuestion } from "../own/question.js";
import { refusals } from "../route/outcome.js";
import { callerOf, denialOf } from "../route/permission.js";
import { createResolve } from "../route/resolve.js";
import { isPlan, planCall } from "../translate/call-plan.js";
import { keptMessageBytes, MessageBudget } from "../translate/message-budget.js";
import { translateCall } from "../translate/translate.js";
import { createAnswerQuestion } from "./answer-question.js";
import { createCallOwner, toExchange } from "./call-owner.js";
import { createExtAuthz } from "./ext-authz.js";
import type { HandleOptions, RequestHandler } from "./handle-options.js";
import { asksWebSocket, type Incoming, isGone, isTooLong, originOf, toNode } from "./incoming.js";
import { createReporter } from "./report.js";
import { beginCall, type RoutedCall } from "./routed-call.js";
import { createRuleQuestion } from "./rule-question.js";
import { answerLast, type Refusal, writeRefusal } from "./write-refusal.js";

/**
 * Makes the path of a request through the gateway, from its header block to the upstream:
 *
 * ```
 * resolve ─┬─ refused
 *          ├─ preflight: what a page of another origin may send
 *          ├─ own: a server of the gateway answers
 *          └─ route ─▶ authenticate ─▶ denialOf ─▶ enter ─▶ toUpstreamRequest ─▶ an exchange with the upstream
 * ```
 *
 * `explainRequest` walks the same functions, and stops before the exchange.
 */
export function createRequestHandler<I extends Identity>(options: HandleOptions<I>): RequestHandler {
  const {
    auth,
    upstreams,
    bridges,
    trust,
    onAnswered,
    beginSpan,
    login,
    services = noServices,
    platform = systemPlatform,
    holdOpen = () => ignore,
    countsOf = createCountsOf(platform),
    authorizerOf = () => undefined,
  } = options;
  const { maxHeaderBytes: mostHeaderBytes = maxHeaderBytes } = options;
  const { hold = ({ caller }, end) => (caller === undefined ? ignore : auth.front.hold(caller, end)) } = options;
  const resolve = createResolve(options.routes, createOwnAnswers({ services, pagesUrl: login?.url }), options.cors);
  const carriers = toCarriers(services);
  const { credentialHeaders } = auth.front;
  const toUpstreamRequest = createToUpstreamRequest({ trust, carriers, credentialHeaders });
  const translation = { ownCookie: carriers.cookie?.name, budget: new MessageBudget(keptMessageBytes) };
  const { report, reportOwn, reportExchange } = createReporter(onAnswered, platform);
  const enter = createEnter({
    ...{ countsOf, authorizerOf, platform },
    foldsPaths: ({ upstream }) => upstreams.get(upstream)?.config.ignoresCase === true,
  });
  const { toAuthRequest, peerOf } = createRequestReader(trust);
  const readQuestion = services.forwardAuth && createReadQuestion(services.forwardAuth.path);
  const rule = createRuleQuestion({ auth, routes: options.routes, enter, platform });
  const answerQuestion = createAnswerQuestion({ rule, platform, report });
  const wires = [createExtAuthz(rule, auth.front)];
  const ownServers = createOwnServers(auth, services, { ...options, platform, wires });

  function handle(incoming: Incoming): Awaitable<void> {
    const { request } = incoming;
    const isWebSocket = asksWebSocket(incoming);
    if (request instanceof StreamRequest && isTooLong(request.rawHeaders, mostHeaderBytes)) {
      refuse(incoming, refusals.headers_too_large);
      return undefined;
    }
    const question = readQuestion?.(request);
    if (question !== undefined) return answerQuestion(incoming, question, toAuthRequest(request));
    const asked = resolve(request, isWebSocket);
    // A page may open a WebSocket to any origin: CORS is not asked.
    const cors = isWebSocket ? undefined : asked.cors;
    switch (asked.kind) {
      case "refused":
        refuse(incoming, asked.denial, { cors, detail: asked.detail });
        break;
      case "preflight":
        answerPreflight(toNode(incoming).response, asked.cors, originOf(request));
        report(incoming, { kind: "preflight" }, { status: 204 });
        break;
      case "own": {
        const node = toNode(incoming);
        reportOwn(incoming, node.response, asked.target.path);
        if (cors !== undefined) finishCors(node.response, cors, originOf(request));
        node.request.url = asked.target.path + asked.target.query;
        ownServers[asked.answer.server](node.request, node.response);
        break;
      }
      case "route":
        if (asked.route.upstream === "") {
          refuse(incoming, refusals.no_route, { route: asked.route, cors });
          break;
        }
        return decide(beginCall(incoming, asked));
      default:
        asked satisfies never;
    }
    return undefined;
  }

  /** What it throws and rejects with is a fault of the gateway, which the listeners see to. */
  function decide(call: RoutedCall<I>): Awaitable<void> {
    const { request } = call.incoming;
    const data = toAuthRequest(request, call.asked.target.path);
    const decision = auth.authenticate(data, call.asked.requirements);
    if (!(decision instanceof Promise)) return admit(call, decision, data);
    return decision.then((made) => (isGone(call.incoming) ? tellLeft(call) : admit(call, made, data)));
  }

  function tellLeft({ incoming, asked: { route } }: RoutedCall<I>): void {
    report(incoming, { kind: "left", route }, { status: 0, ending: "caller_left" });
  }

  function admit(call: RoutedCall<I>, decision: Decision<I>, data: AuthRequest): Awaitable<void> {
    const { route } = call.asked;
    call.decision = decision;
    call.decidedAt = platform.now();
    const denial = denialOf(route, decision, auth, data);
    if (denial !== undefined || !asksMore(route)) return settle(call, decision, data, denial);
    const entered = enter(call, decision, data);
    if (!(entered instanceof Promise)) return settle(call, decision, data, entered);
    return entered.then((late) => {
      if (!isGone(call.incoming)) return settle(call, decision, data, late);
      leave(call);
      return tellLeft(call);
    });
  }

  function settle(call: RoutedCall<I>, decision: Decision<I>, data: AuthRequest, denial: Denial | undefined): void {
    const { incoming, asked } = call;
    const { route } = asked;
    const upstream = upstreams.get(route.upstream);
    let isSent = false;
    try {
      if (denial !== undefined) refuse(incoming, denial, { route, decision, cors: asked.cors, detail: call.detail });
      else if (upstream !== undefined) isSent = forward(call, decision, upstream, data);
      else refuse(incoming, refusals.upstream_unavailable, { route, decision, cors: asked.cors });
    } finally {
      if (!isSent) leave(call);
    }
  }

  /** Returns whether there is an exchange, which is over later: `onOver`. */
  function forward(call: RoutedCall<I>, decision: Decision<I>, upstream: Upstream, data: AuthRequest): boolean {
    const { incoming, asked } = call;
    const { request } = incoming;
    const { target, framing, route, forwards: rawHeaders } = asked;
    if (rawHeaders === "last") {
      answerLast(incoming, { decision, cors: asked.cors });
      report(incoming, { kind: "last", route, caller: callerOf(decision) }, { status: 204 });
      return false;
    }
    const { httpVersion } = request;
    const caller = callerOf(decision);
    const encrypted = request instanceof StreamRequest ? request.isEncrypted : "encrypted" in request.socket;
    const { peer } = data;
    const admitted = { rawHeaders, target, route, upstream: upstream.config, httpVersion, caller, peer, encrypted };
    const { path, headers } = toUpstreamRequest(admitted);
    const unbridged = bridgeDenialOf(upstream.config, caller, { path, headers });
    if (unbridged !== undefined) {
      refuse(incoming, unbridged, { route, decision, cors: asked.cors });
      return false;
    }
    if (caller !== undefined && isRpcStream(request.rawHeaders)) allowSlowBody(request);
    const { host: authority = target.authority } = upstream.config;
    // A WebSocket over HTTP/2 has no key (RFC 8441 §5); an upstream over HTTP/1 needs one.
    if (request instanceof StreamRequest && request.isWebSocket)
      headers.push("sec-websocket-key", Buffer.from(platform.random(16)).toString("base64"));
    incoming.span?.call(headers);
    const isWebSocket = asksWebSocket(incoming);
    const { limits } = route;
    const forwarded = { method: request.method ?? "", path, authority, headers, framing, isWebSocket, limits };
    const plan = upstream.config.protocol === "grpc" ? planCall(forwarded, route.rpc) : undefined;
    if (plan !== undefined && !isPlan(plan)) {
      refuse(incoming, plan, { route, decision, cors: asked.cors });
      return false;
    }
    const exchange = toExchange(forwarded, call, owner);
    const limit = timeLimitOf(request.headers);
    if (limit !== undefined) exchange.limitTime(limit);
    call.client = clientAddress(peer, request.rawHeaders);
    const sent = plan === undefined ? exchange : translateCall(plan, exchange, translation);
    const bridge = upstream.config.credential && bridges?.get(upstream.config.name);
    if (bridge === undefined) upstream.shares.send(sent, call.client);
    else bridge.send(sent, caller?.session as Session, call.client);
    return true;
  }

  /** What the exchanges with upstreams share. */
  const owner = createCallOwner<I>({
    platform,
    ownCookie: carriers.cookie?.name,
    upstreams,
    hold,
    holdOpen,
    reportExchange,
  });

  function refuse(incoming: Incoming, denial: Denial, answer: Refusal = {}): void {
    const status = writeRefusal(incoming, denial, answer, platform);
    report(incoming, { kind: "refused", denial, route: answer.route, detail: answer.detail }, { status });
  }

  function begin(
    request: IncomingMessage | StreamRequest,
    response?: ServerResponse,
    upgrade?: UpgradeSocket,
  ): Awaitable<void> {
    const begunAt = platform.monotonic();
    return handle({ request, response, upgrade, begunAt, peer: peerOf(request), span: beginSpan?.(request) });
  }

  return {
    trust,
    request: begin,
    stream: begin,
    upgrade: (request, socket, head) => begin(request, createUpgradeResponse(request, socket), { socket, head }),
  };
}

function ignore(): void {}
