import { requireStepUp } from "../../credentials/step-up.js";
import type { UpstreamConfig } from "../forward/upstream-config.js";
import { toCanonicalPath } from "../route/canonical-path.js";
import type { RouteConfig } from "../route/route-config.js";
import { suggest } from "./closest.js";
import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration } from "./duration.js";
import {
  messageOf,
  present,
  type RawConfig,
  type RawRoute,
  type RawUpstream,
  type Reading,
  report,
} from "./raw-config.js";

const canonicalHost = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$|^\[[0-9a-f:.]+\]$/;

/** Who may reach what, in the order of the file. */
export function readRoutes(raw: RawConfig, reading: Reading): readonly RouteConfig[] {
  const seen = new Map<string, number>();
  return (raw.routes ?? []).map((route = {}, index) => {
    const path = ["routes", index];
    checkReferences(raw, route, path, reading);
    checkAnonymous(route, path, reading);
    const match = readMatch(route, path, reading);
    const key = JSON.stringify([match.host, match.path, [...match.methods].sort()]);
    const twin = seen.get(key);
    if (twin !== undefined) {
      report(
        reading,
        path,
        `routes[${index}] matches what routes[${twin}] does, so it would never be used; remove one`,
      );
    }
    seen.set(key, index);
    return Object.freeze({
      match,
      anonymous: route.anonymous === true || route.anonymous === "everything",
      roles: Object.freeze(present(route.roles)),
      schemes: Object.freeze(present(route.schemes).map((scheme) => scheme.toLowerCase())),
      stepUp: readStepUp(route, path, reading),
      upstream: route.upstream ?? "",
      forwardAuthorization: route.forwardAuthorization ?? false,
      line: reading.document.lineAt(path),
    });
  });
}

function readStepUp({ maxAge, acr }: RawRoute, at: ConfigPath, reading: Reading): RouteConfig["stepUp"] {
  if (maxAge === undefined && acr === undefined) return undefined;
  const maxAgeMs = maxAge === undefined ? undefined : requirePositive(maxAge, [...at, "maxAge"], reading);
  const stepUp = { maxAgeMs, acrValues: acr && present(acr) };
  try {
    return Object.freeze(requireStepUp(stepUp));
  } catch (error) {
    report(reading, [...at, "acr"], `${toPathText([...at, "acr"])}: ${messageOf(error)}`);
    return undefined;
  }
}

function readMatch({ match = {} }: RawRoute, at: ConfigPath, reading: Reading): RouteConfig["match"] {
  const { host, path = "/", methods } = match;
  const where = [...at, "match"];
  if (host !== undefined && !canonicalHost.test(host.toLowerCase())) {
    report(reading, [...where, "host"], `${toPathText([...where, "host"])} must be a host name without a port`);
  }
  // What a request's path is brought to before it is compared; in another spelling no request would ever match.
  const canonical = toCanonicalPath(path);
  if (canonical !== path || /.\/$/.test(path)) {
    const remedy =
      canonical === undefined
        ? "must begin with / and have no empty, . or .. segments, and no ; ? # or \\"
        : `must be written ${canonical.replace(/(.)\/$/, "$1")}; it matches what is below it, too`;
    report(reading, [...where, "path"], `${toPathText([...where, "path"])} ${remedy}`);
  }
  return Object.freeze({ host: host?.toLowerCase(), path, methods: Object.freeze(present(methods)) });
}

function checkReferences(raw: RawConfig, route: RawRoute, at: ConfigPath, reading: Reading): void {
  const { document } = reading;
  const upstreams = Object.keys(raw.upstreams ?? {});
  if (route.upstream !== undefined && raw.upstreams !== undefined && !upstreams.includes(route.upstream)) {
    const path = [...at, "upstream"];
    const hint = suggest(route.upstream, upstreams);
    report(reading, path, `${toPathText(path)} "${document.sourceAt(path)}" is not defined${hint}`);
  }
  const schemes = Object.keys(raw.handlers ?? {});
  const known = new Set(schemes.map((scheme) => scheme.toLowerCase()));
  for (const [index, scheme] of (route.schemes ?? []).entries()) {
    if (scheme === undefined || raw.handlers === undefined || known.has(scheme.toLowerCase())) continue;
    const path = [...at, "schemes", index];
    report(reading, path, `${toPathText(path)} "${document.sourceAt(path)}" has no handler${suggest(scheme, schemes)}`);
  }
}

function checkAnonymous(
  { anonymous = false, match = {}, roles, schemes, maxAge, acr }: RawRoute,
  at: ConfigPath,
  reading: Reading,
): void {
  if (anonymous === false) return;
  const path = [...at, "anonymous"];
  // A forgotten path must not open everything: the door would stand open, and every test would still pass.
  if (anonymous === true && match.path === "/") {
    report(
      reading,
      path,
      `${toPathText(path)} would open everything that no other route names; name a path, or spell it anonymous: everything`,
    );
  }
  if (anonymous === "everything" && match.path !== "/") {
    report(reading, path, `${toPathText(path)} is about one path; say anonymous: true`);
  }
  if ((roles?.length ?? 0) > 0 || (schemes?.length ?? 0) > 0 || maxAge !== undefined || acr !== undefined) {
    report(
      reading,
      path,
      `${toPathText(path)} contradicts roles, schemes, maxAge and acr, which nobody in particular has; remove one`,
    );
  }
}

/** The services behind the gateway. */
export function readUpstreams(raw: RawConfig, reading: Reading): ReadonlyMap<string, UpstreamConfig> {
  const upstreams = new Map<string, UpstreamConfig>();
  for (const [name, upstream] of Object.entries(raw.upstreams ?? {})) {
    if (upstream !== undefined) upstreams.set(name, readUpstream(name, upstream, reading));
  }
  return upstreams;
}

function readUpstream(name: string, raw: RawUpstream, reading: Reading): UpstreamConfig {
  const path = ["upstreams", name, "url"];
  const url = URL.canParse(raw.url ?? "") ? new URL(raw.url ?? "") : undefined;
  if (raw.url !== undefined) {
    const fault = faultOfUrl(url);
    if (fault !== undefined) report(reading, path, `${toPathText(path)} ${fault}`);
  }
  return Object.freeze({
    name,
    origin: url?.origin ?? "",
    identity: raw.identity ?? "headers",
    connectTimeoutMs: requirePositive(raw.connectTimeout ?? "5s", ["upstreams", name, "connectTimeout"], reading),
    headersTimeoutMs: requirePositive(raw.headersTimeout ?? "60s", ["upstreams", name, "headersTimeout"], reading),
    bodyTimeoutMs: requirePositive(raw.bodyTimeout ?? "5m", ["upstreams", name, "bodyTimeout"], reading),
    maxConnections: raw.maxConnections ?? 256,
  });
}

/** Not shown: it may hold a password. */
function faultOfUrl(url: URL | undefined): string | undefined {
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.hostname === "") {
    return "must be a URL such as http://127.0.0.1:3000";
  }
  if (url.username !== "" || url.password !== "")
    return "must not hold a user name or password; the upstream would not see them";
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return "must end after the port: the request's own path goes to the upstream";
  }
  return undefined;
}

/** Zero would switch a time-out off: then one slow peer could hold a connection for ever. */
export function requirePositive(text: string, path: ConfigPath, reading: Reading): number {
  const ms = parseDuration(text) ?? 0;
  if (ms === 0) report(reading, path, `${toPathText(path)} must be longer than 0`);
  // Timers take 31 bits.
  if (ms > 2 ** 31 - 1) report(reading, path, `${toPathText(path)} must be at most 24d`);
  return ms;
}
