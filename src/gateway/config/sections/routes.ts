import { requireStepUp } from "../../../credentials/step-up.js";
import { suggest } from "../../../wire/closest.js";
import { takesQuestions } from "../../own/own-config.js";
import { decodePath } from "../../route/canonical-path.js";
import { foldPath } from "../../route/fold-path.js";
import type { RouteConfig } from "../../route/route-config.js";
import { type ConfigPath, toPathText } from "../document.js";
import { itemsOf, messageOf } from "../read-context.js";
import { condition, duration, flag, list, object, type RawList, type RawOf, type Schema, text } from "../schema.js";
import { roles, scheme } from "../shared-schemas.js";
import { requirePositive } from "../timeouts.js";
import { warnOfRoles } from "../warn-of-roles.js";
import { corsSchema, readCors } from "./cors.js";
import { authorizeSchema, readAuthorize } from "./route-authorize.js";
import { conditionOptions, namesClaims, readConditions } from "./route-conditions.js";
import { headerOptions, readHeaderOptions } from "./route-headers.js";
import { readRouteLimits, routeLimitsSchema } from "./route-limits.js";
import { matchSchema, readMatch } from "./route-match.js";
import { checkReadings, pathOptions, readPathOptions } from "./route-path.js";
import { rateSchema, readRate } from "./route-rate.js";
import { readRpc, rpcSchema } from "./rpc.js";
import { type Section, type SectionContext, section } from "./section.js";

const token: Schema<string> = {
  type: "string",
  pattern: "^[!#-\\[\\]-~]+$",
  title: 'a scope: visible ASCII without " and \\ (RFC 6749 §3.3)',
};

const anonymous: Schema<boolean | "everything"> = {
  enum: [true, false, "everything"],
  title: "true or false (or everything, for the path /)",
  default: false,
  description:
    "Requests without credentials are allowed; wrong credentials are refused in any case. At the path `/` this opens every " +
    "path that no other route names, so there it must be spelled `everything`.",
};

const route = object(
  {
    match: matchSchema,
    upstream: text(
      "the name of an upstream",
      "The upstream of these requests: a name of `upstreams`. May be left out where other proxies ask: then they alone may ask about these requests.",
    ),
    anonymous,
    roles: condition(roles("The caller must have one of these. Default: any caller.")),
    scopes: condition(
      list(
        token,
        "a list of scopes, such as [orders:read]",
        "The caller's token must have all of these: `scope` or `scp` of a token, the scopes of an API key. Otherwise 403 " +
          "`insufficient_scope` (RFC 6750 §3.1). Default: any caller.",
      ),
    ),
    schemes: condition(
      list(
        scheme,
        "a list of schemes, such as [Basic]",
        "The caller must have logged in by one of these schemes. Default: any.",
      ),
    ),
    ...conditionOptions,
    maxAge: duration("any", "The caller must have proved who they are within this time (RFC 9470 step-up)."),
    readTimeout: duration(
      "5m",
      "How long an authenticated caller may take nothing of a stream or WebSocket while bytes of it are ready; 10 s while others wait " +
        "for its place at the upstream.",
    ),
    acr: list(
      text("a value of acr", "An authentication context class, as the identity provider names it."),
      "a list of values of acr",
      "The log-in must be one of these (RFC 9470 step-up). Default: any.",
    ),
    cors: corsSchema("Pages of other origins that may call this route, in place of `cors` of the whole gateway."),
    ...pathOptions,
    ...headerOptions,
    authorize: authorizeSchema,
    rate: rateSchema,
    limits: routeLimitsSchema,
    rpc: rpcSchema,
    webSocketTicket: text(
      "the name of a service",
      "A page opens a WebSocket here by a one-time ticket for this service, offered as the subprotocol `sallyport.ticket.<ticket>`. The page is of the same origin, or one that `cors` allows. The upstream does not see the ticket. Default: no ticket is accepted.",
    ),
    forwardAuthorization: flag("Send `Authorization` on. With it the upstream can act as the caller."),
  },
  ["match"],
  "One route. Without `anonymous` it is for authenticated callers only.",
);

type RawRoute = RawOf<typeof route>;

const routes: Schema<RawList<RawRoute>> = {
  ...list(
    route,
    "a list of routes",
    "Which callers may reach which upstream. A request that no route matches is answered 404.",
  ),
  minItems: 1,
};

/** The routes, in the order of the file. */
export const routesSection: Section<readonly RouteConfig[]> = section(routes, (raw = [], at, context) => {
  const seen = new Map<string, number>();
  const read = raw.map((route = {}, index) => {
    const path = [...at, index];
    checkReferences(route, path, context);
    checkAnonymous(route, path, context);
    if (route.authorize !== undefined) checkReadings(route, path, context);
    warnOfRoles(route.roles, [...path, "roles"], context);
    const match = readMatch(route.match ?? {}, path, context);
    const key = JSON.stringify({ ...match, methods: [...match.methods].sort() });
    const twin = seen.get(key);
    if (twin !== undefined) {
      const message = `matches what routes[${twin}] does, so it would never be used; remove one`;
      context.report(path, `${toPathText(path)} ${message}`);
    }
    seen.set(key, index);
    return Object.freeze({
      match,
      anonymous: route.anonymous === true || route.anonymous === "everything",
      roles: itemsOf(route.roles),
      scopes: itemsOf(route.scopes),
      schemes: Object.freeze(itemsOf(route.schemes).map((scheme) => scheme.toLowerCase())),
      ...readConditions(route, path, context),
      stepUp: readStepUp(route, path, context),
      readTimeoutMs: requirePositive(route.readTimeout ?? "5m", [...path, "readTimeout"], context),
      upstream: route.upstream ?? "",
      ...(route.webSocketTicket !== undefined && { socketTicketFor: route.webSocketTicket }),
      ...readPathOptions(route, match, path, context),
      ...readHeaderOptions(route, path, context, route.forwardAuthorization === true),
      forwardAuthorization: route.forwardAuthorization ?? false,
      cors: readCors(route.cors, [...path, "cors"], context),
      authorize: readAuthorize(route.authorize, [...path, "authorize"], context),
      rate: readRate(route.rate, [...path, "rate"], context),
      limits: readRouteLimits(route.limits, [...path, "limits"], context),
      rpc: readRpc(route.rpc, [...path, "rpc"], context),
      line: context.document.lineAt(path),
    });
  });
  return Object.freeze(read);
});

function readStepUp({ maxAge, acr }: RawRoute, at: ConfigPath, context: SectionContext): RouteConfig["stepUp"] {
  if (maxAge === undefined && acr === undefined) return undefined;
  const maxAgeMs = maxAge === undefined ? undefined : requirePositive(maxAge, [...at, "maxAge"], context);
  const stepUp = { maxAgeMs, acrValues: acr && itemsOf(acr) };
  try {
    return Object.freeze(requireStepUp(stepUp));
  } catch (error) {
    context.report([...at, "acr"], `${toPathText([...at, "acr"])}: ${messageOf(error)}`);
    return undefined;
  }
}

function checkReferences(route: RawRoute, at: ConfigPath, context: SectionContext): void {
  if (route.upstream === undefined && !takesQuestions(context.above.services))
    context.report(at, `${toPathText([...at, "upstream"])} is missing; give the name of an upstream`);
  const upstreams = context.namesIn("upstreams") ?? (takesQuestions(context.above.services) ? [] : undefined);
  if (route.upstream !== undefined && upstreams !== undefined && !upstreams.includes(route.upstream)) {
    const path = [...at, "upstream"];
    const hint = suggest(route.upstream, upstreams);
    context.report(path, `${toPathText(path)} "${context.document.sourceAt(path)}" is not defined${hint}`);
  }
  const schemes = context.namesIn("handlers");
  const known = new Set(schemes?.map((scheme) => scheme.toLowerCase()));
  for (const [index, scheme] of (route.schemes ?? []).entries()) {
    if (scheme === undefined || schemes === undefined || known.has(scheme.toLowerCase())) continue;
    const path = [...at, "schemes", index];
    const hint = suggest(scheme, schemes);
    context.report(path, `${toPathText(path)} "${context.document.sourceAt(path)}" has no handler${hint}`);
  }
}

function checkAnonymous(route: RawRoute, at: ConfigPath, context: SectionContext): void {
  const { anonymous = false, match = {}, roles, scopes, schemes, maxAge, acr, authorize } = route;
  if (anonymous === false) return;
  const path = [...at, "anonymous"];
  const report = (message: string) => context.report(path, `${toPathText(path)} ${message}`);
  // A forgotten path must not open every path: the gateway would be open, and an operator's tests would still pass.
  if (anonymous === true && match.path === "/") {
    report("would open everything that no other route names; name a path, or spell it anonymous: everything");
  }
  if (anonymous === "everything" && match.path !== "/") report("is about one path; say anonymous: true");
  const lists = [roles, scopes, schemes];
  const isConditional = [maxAge, acr, authorize].some((one) => one !== undefined) || namesClaims(route);
  if (isConditional || lists.some((some) => (some?.length ?? 0) > 0)) {
    report(
      "contradicts roles, scopes, schemes, claims, maxAge, acr and authorize, which are for known callers; remove one",
    );
  }
}

/**
 * Reports routes that are one to an upstream that ignores case: which of them counted would depend on the spelling.
 *
 * @param folding the names of such upstreams
 */
export function reportTwins(
  routes: readonly RouteConfig[],
  folding: ReadonlySet<string>,
  context: SectionContext,
): void {
  const seen = new Map<string, number>();
  for (const [index, { match, upstream }] of routes.entries()) {
    if (!folding.has(upstream)) continue;
    const path = foldPath(decodePath(match.path) ?? match.path);
    const key = JSON.stringify([match.host, path, [...match.methods].sort()]);
    const twin = seen.get(key);
    if (twin !== undefined && routes[twin]?.match.path !== match.path) {
      const at = ["routes", index, "match", "path"];
      const message = `matches what routes[${twin}] does, since ${upstream} ignores case; remove one`;
      context.report(at, `${toPathText(at)} ${message}`);
    }
    seen.set(key, index);
  }
}

export function reportIdleRpc(
  routes: readonly RouteConfig[],
  others: ReadonlySet<string>,
  context: SectionContext,
): void {
  routes.forEach(({ rpc, upstream }, index) => {
    if (rpc === undefined || !others.has(upstream)) return;
    const message = `is for upstreams with protocol: grpc; say so in upstreams.${upstream}, or remove it`;
    context.report(["routes", index, "rpc"], `routes[${index}].rpc ${message}`);
  });
}
