import { toDenialResponse } from "../../adapters/node/reject.js";
import type { NodeRequest } from "../../adapters/node/request.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { extractCredentials } from "../../credentials/carriers.js";
import type { Denial } from "../../model/decision.js";
import { type Caller, sessionPrefix } from "../../model/session.js";
import { memory } from "../../stores/memory/memory.js";
import { readOnly } from "../../stores/read-only.js";
import type { GatewayConfig } from "../config/config.js";
import { openStore, storeExists } from "../config/stores.js";
import { toIdentityHeaders } from "../forward/identity-headers.js";
import { toUpstreamHeaders } from "../forward/managed-headers.js";
import { pagePathsOf } from "../own/pages.js";
import { createIsProcedure } from "../own/rpc.js";
import { type CanonicalTarget, toCanonicalTarget } from "../route/canonical-target.js";
import { parseTrustedProxies, toForwardedHeaders } from "../route/forwarded.js";
import { readFraming } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { isPermitted, toRequirements } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import { createRouteTable, matchRoute } from "../route/routes.js";
import type { RawRequest } from "./raw-request.js";
import { createStateAuth } from "./state-auth.js";

/** What would become of a request. Nothing in it is secret. */
export interface Explanation {
  readonly outcome: "forwarded" | "denied" | "procedure";
  /** What the caller would see, unless the request goes on. */
  readonly status: number | undefined;
  readonly target: Pick<CanonicalTarget, "host" | "path"> | undefined;
  /** What was presented, and what answers for it. */
  readonly credentials: string;
  readonly route: RouteConfig | undefined;
  readonly caller:
    | {
        readonly subject: string;
        readonly roles: readonly string[];
        readonly scheme: string;
        readonly session: string | undefined;
      }
    | undefined;
  readonly denial: Pick<Denial, "code" | "reason" | "message"> | undefined;
  /** Names that came and do not go on, and what goes on in our name. */
  readonly headers:
    | { readonly stripped: readonly string[]; readonly set: readonly (readonly [name: string, value: string])[] }
    | undefined;
}

/** Options of `explainRequest`. */
export interface ExplainOptions {
  /** The address that the request comes from. Default: `127.0.0.1`. */
  readonly from?: string | undefined;
  readonly platform?: Platform | undefined;
}

/**
 * Says what the gateway would do with a request, by the functions that do it. Credentials are really checked; the
 * upstream is not contacted, and no session is opened, rotated or ended.
 *
 * @throws {AuthError} `invalid_options`, as starting the gateway would.
 */
export async function explainRequest(
  config: GatewayConfig,
  request: RawRequest,
  { from = "127.0.0.1", platform = systemPlatform }: ExplainOptions = {},
): Promise<Explanation> {
  const { method, rawHeaders } = request;
  const credentials = describeCredentials(rawHeaders, config);
  const target = toCanonicalTarget(request);
  const route = target && matchRoute(createRouteTable(config.routes), target, method);
  const known = { target: target && { host: target.host, path: target.path }, credentials, route };
  const nothing = { ...known, caller: undefined, denial: undefined, headers: undefined, status: undefined };
  const deny = ({ code, reason, message, ...rest }: Denial, caller?: Caller): Explanation => {
    const { status } = toDenialResponse({ code, reason, message, ...rest }, { method, rawHeaders });
    return {
      ...nothing,
      outcome: "denied",
      status,
      denial: { code, reason, message },
      caller: caller && describe(caller),
    };
  };

  // As much of a request as the framing is told by.
  if (target === undefined || readFraming(request as unknown as NodeRequest) === undefined) {
    return deny(refusals.bad_request);
  }
  const isOurs = createIsProcedure(config.services)(target.path) || pagePathsOf(config).has(target.path);
  if (isOurs) return { ...nothing, outcome: "procedure" };
  if (route === undefined) return deny(refusals.no_route);

  const trust = parseTrustedProxies(config.trustedProxies);
  const peer = { address: from, trusted: trust(from) };
  const auth = createStateAuth(config, readOnly(openExisting(config, platform)), {
    platform,
    onEvent: () => {},
    onWarning: () => {},
  });
  try {
    const authRequest = { method, path: target.path, rawHeaders, peer };
    const decision = await auth.authenticate(authRequest, { ...toRequirements(route), rotate: false });
    if (decision.kind === "denied") return deny(decision);
    const caller = decision.kind === "allowed" ? decision.caller : undefined;
    if (!isPermitted(route, caller)) return deny(refusals.not_permitted, caller);
    const { authority } = target;
    const forwarded = toForwardedHeaders(rawHeaders, peer, trust, { authority, encrypted: false });
    const withIdentity = config.upstreams.get(route.upstream)?.identity === "headers";
    const ours = [...forwarded, ...(withIdentity ? toIdentityHeaders(caller) : [])];
    const sent = toUpstreamHeaders(rawHeaders, { forwardAuthorization: route.forwardAuthorization, ours: [] });
    const stripped = namesOf(rawHeaders).filter(
      (name) => !namesOf(sent).includes(name) && !framing.has(name.toLowerCase()),
    );
    return {
      ...nothing,
      outcome: "forwarded",
      caller: caller && describe(caller),
      headers: { stripped, set: toPairs(ours) },
    };
  } finally {
    await auth.close();
  }
}

/** Not lost: `Host` goes on in its canonical form, and the length as it was parsed. */
const framing: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

/** Looking must not make a database. */
function openExisting(config: GatewayConfig, platform: Platform): ReturnType<typeof openStore> {
  return storeExists(config.store) ? openStore(config.store, platform) : memory({ platform });
}

function describeCredentials(rawHeaders: readonly string[], { handlers }: GatewayConfig): string {
  const presented = extractCredentials(rawHeaders, false);
  if (presented.kind === "none") return "none";
  if (presented.kind === "refused") return `an Authorization that is ${presented.reason}`;
  const { scheme, payload } = presented;
  if (scheme === "bearer" && payload.startsWith(sessionPrefix)) return "Bearer, a session token";
  const handler = handlers.find((one) => one.scheme.toLowerCase() === scheme);
  // A client that forgot the scheme has put its token there.
  if (handler === undefined) return "of a scheme without a handler (not shown: it may be the secret itself)";
  const kinds = handler.kind === "chain" ? handler.links.map(({ kind }) => kind) : [handler.kind];
  return `${handler.scheme}, answered by ${kinds.map((kind) => `handlers.${handler.scheme}.${kind}`).join(" or ")}`;
}

function describe({ identity, scheme, session }: Caller): NonNullable<Explanation["caller"]> {
  return { subject: identity.subject, roles: identity.roles ?? [], scheme, session: session?.ref };
}

function toPairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""] as [string, string]] : []));
}

function namesOf(flat: readonly string[]): string[] {
  return flat.filter((_text, index) => index % 2 === 0);
}
