import { toTrustedChain } from "../../adapters/node/forwarded-for.js";
import { toDenialResponse } from "../../adapters/node/reject.js";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import type { GatewayConfig } from "../config/config.js";
import { headersOf } from "../config/handlers.js";
import { bridgeDenialOf } from "../forward/bridge/bridge.js";
import { createToUpstreamRequest } from "../forward/upstream-request.js";
import { maxHeaderFields } from "../listen/connection-limits.js";
import { asksForWebSocket } from "../listen/without-upgrade.js";
import { toCarriers } from "../own/carriers.js";
import { createOwnAnswers } from "../own/own-answers.js";
import { parseTrustedProxies } from "../route/forwarded.js";
import { refusals } from "../route/outcome.js";
import { callerOf, denialOf } from "../route/permission.js";
import { createResolve } from "../route/resolve.js";
import { createRouteTable } from "../route/routes.js";
import { isPlan, planCall } from "../translate/call-plan.js";
import { describeCredentials } from "./describe-credentials.js";
import { openExplainingAuth } from "./explaining-auth.js";
import { describeCaller, type Explanation, namesOf, nothing, toPairs } from "./explanation.js";
import type { RawRequest } from "./raw-request.js";
import { findLogin } from "./state-auth.js";

/** Options of `explainRequest`: how the request would come in. */
export interface ExplainOptions {
  /** The address that the request comes from. Default: `127.0.0.1`. */
  readonly from?: string | undefined;
  /** The client certificate in DER, as if TLS had verified it. Default: none. */
  readonly certificate?: Uint8Array | undefined;
  /** The request comes over TLS. Default: `true` with a certificate, and where every address of `listen` has TLS. */
  readonly encrypted?: boolean | undefined;
  readonly platform?: Platform | undefined;
}

const explainKinds: OptionKinds<ExplainOptions> = {
  from: "string",
  certificate: "object",
  encrypted: "boolean",
  platform: "object",
};

type Connection = Omit<ExplainOptions, "platform">;

/**
 * Explains how the gateway would handle a request, by the functions that handle it. Credentials are really checked; the
 * upstream is not contacted, and no session is opened, rotated or ended.
 *
 * @throws {AuthError} `invalid_options`, as starting the gateway would
 */
export async function explainRequest(
  config: GatewayConfig,
  request: RawRequest,
  options: ExplainOptions = {},
): Promise<Explanation> {
  requireArgument("explainRequest", "config (what loadConfig returns)", config, "object");
  requireArgument("explainRequest", "request (what parseRawRequest returns)", request, "object");
  requireOptions("explainRequest", options, explainKinds);
  const { platform = systemPlatform, ...connection } = options;
  const explainer = createExplainer(config, platform);
  try {
    return await explainer.explain(request, connection);
  } finally {
    await explainer.close();
  }
}

/** Explains any number of requests by one configuration. */
export interface Explainer {
  explain(request: RawRequest, connection?: Connection): Promise<Explanation>;
  close(): Promise<void>;
}

/** @throws {AuthError} `invalid_options` */
export function createExplainer(config: GatewayConfig, platform: Platform = systemPlatform): Explainer {
  const { services, upstreams, listen } = config;
  const trust = parseTrustedProxies(config.trustedProxies);
  const own = createOwnAnswers({ services, pagesUrl: findLogin(config)?.url });
  const resolve = createResolve(createRouteTable(config.routes, upstreams), own, config.cors);
  const toUpstreamRequest = createToUpstreamRequest({
    ...{ trust, carriers: toCarriers(services) },
    credentialHeaders: headersOf(config.handlers).keys(),
  });
  let auth: Auth<Identity> | undefined;
  let ending: string | undefined;

  async function explain(request: RawRequest, connection: Connection = {}): Promise<Explanation> {
    const { from = "127.0.0.1", certificate } = connection;
    const { encrypted = certificate !== undefined || listen.every(({ tls }) => tls !== undefined) } = connection;
    const { method } = request;
    const rawHeaders = request.rawHeaders.slice(0, 2 * maxHeaderFields);
    const truncated = rawHeaders.length === 2 * maxHeaderFields;
    const clientOf: Peer["clientOf"] = (received) => toTrustedChain(received, trust)[0];
    const peer: Peer = { address: from, trusted: trust(from), certificate, clientOf };

    const asked = resolve({ ...request, rawHeaders }, asksForWebSocket(request));
    const { target } = asked;
    ending = undefined;
    const credentials = describeCredentials({ rawHeaders, truncated, peer }, config);
    const route = asked.kind === "route" ? asked.route : undefined;
    const known = { ...nothing, target: target && { host: target.host, path: target.path }, credentials, route };
    const deny = (denial: Denial, caller?: Caller, detail?: string): Explanation => {
      const { code, reason, message } = denial;
      const { status } = toDenialResponse(denial, { method, rawHeaders });
      return {
        ...known,
        outcome: "denied",
        status,
        denial: { code, reason, message, detail },
        ending,
        caller: describeCaller(caller),
      };
    };
    if (asked.kind === "refused") return deny(asked.denial, undefined, asked.detail);
    if (asked.kind === "preflight") {
      return { ...known, outcome: "answered", answeredBy: "the preflight of a page of another origin, by cors" };
    }
    if (asked.kind === "own") return { ...known, outcome: "answered", answeredBy: asked.answer.description };

    auth ??= openExplainingAuth(config, platform, (event) => {
      if (event.kind === "session-ended") ending = event.reason;
    });
    const data = { method, path: asked.target.path, rawHeaders, truncated, peer };
    const decision = await auth.authenticate(data, asked.requirements);
    const caller = callerOf(decision);
    const denial = denialOf(asked.route, decision, auth, data);
    if (denial !== undefined) return deny(denial, caller);
    const upstream = upstreams.get(asked.route.upstream);
    if (upstream === undefined) return deny(refusals.upstream_unavailable, caller);
    if (asked.forwards === "last") {
      const answeredBy = "Max-Forwards is 0 (RFC 9110 §7.6.2)";
      return { ...known, outcome: "answered", answeredBy, caller: describeCaller(caller) };
    }
    const stripped: string[] = [];
    const { target: to, forwards, route: by, framing } = asked;
    const { httpVersion } = request;
    const admitted = { target: to, rawHeaders: forwards, route: by, upstream, httpVersion, caller, peer, encrypted };
    const { path: upstreamPath, headers, ours } = toUpstreamRequest(admitted, stripped);
    const unbridged = bridgeDenialOf(upstream, caller, { path: upstreamPath, headers });
    if (unbridged !== undefined) return deny(unbridged, caller);
    const isWebSocket = asksForWebSocket(request);
    const forwarded = {
      method,
      path: upstreamPath,
      authority: upstream.host ?? to.authority,
      headers,
      framing,
      isWebSocket,
    };
    const plan = upstream.protocol === "grpc" ? planCall(forwarded, by.rpc) : undefined;
    if (plan !== undefined && !isPlan(plan)) return deny(plan, caller);
    return {
      ...known,
      outcome: "forwarded",
      upstreamPath,
      caller: describeCaller(caller),
      headers: {
        passed: namesOf(headers.slice(0, headers.length - ours.length)),
        stripped,
        set: [
          ["host", upstream.host ?? to.authority],
          ...(upstream.credential === undefined
            ? []
            : ([["authorization", "Bearer (the token of the upstream session)"]] as const)),
          ...toPairs(ours, asked.route.requestHeaders?.secrets),
        ],
      },
    };
  }

  return { explain, close: async () => auth?.close() };
}
