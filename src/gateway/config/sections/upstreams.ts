import type { UpstreamConfig } from "../../forward/upstream-config.js";
import { takesQuestions } from "../../own/own-config.js";
import { toCanonicalAuthority } from "../../route/canonical-authority.js";
import { type ConfigPath, toPathText } from "../document.js";
import type { ReadContext } from "../read-context.js";
import { bytes, choice, count, duration, flag, mapOf, object, type RawOf, text } from "../schema.js";
import { plainName } from "../shared-schemas.js";
import { readTimeouts } from "../timeouts.js";
import { reportIdleRpc, reportTwins } from "./routes.js";
import { type Section, type SectionContext, section } from "./section.js";
import { readAddresses, speaksHttp2, upstreamUrl } from "./upstream-addresses.js";
import { credentialSchema, readCredential, reportBridged } from "./upstream-credential.js";
import { upstreamHealthPart } from "./upstream-health.js";
import { upstreamTlsPart } from "./upstream-tls.js";

/** Four times what Node allows requests: answers carry cookies and policies. */
const defaultHeaderBytes = 65_536;

const upstream = object(
  {
    url: upstreamUrl,
    health: upstreamHealthPart.schema,
    tls: upstreamTlsPart.schema,
    host: text(
      "upstream, or a host name, such as app.internal:8080",
      "The `Host` that the upstream gets: `upstream` for the host of its URL, or another one; `X-Forwarded-Host` names the " +
        "caller's. Default: the `Host` of the request.",
    ),
    protocol: choice(
      ["http", "grpc"],
      "http",
      "`grpc`: the upstream speaks gRPC and nothing else. Calls of gRPC-Web and Connect are translated for it, and whatever is no " +
        "call of an RPC is refused. Its URL is `h2c://`, `unix+h2c:` or `https://`.",
    ),
    credential: credentialSchema,
    identity: choice(
      ["headers", "none"],
      "headers",
      "Send the caller's identity to the upstream, in `x-sallyport-*` headers.",
    ),
    ignoresCase: flag(
      "The upstream takes `/ADMIN`, `/admin.` and `/admin%20` for `/admin`, as servers on Windows do: paths are compared so " +
        "where a route leads to it.",
    ),
    via: {
      ...flag(
        "Add `Via: 1.1 sallyport` to requests (RFC 9110 §7.6.3). `false` for nginx, which compresses no answer to a request that has it.",
      ),
      default: true,
    },
    connectTimeout: duration(
      "5s",
      "How long connecting may take. Where there are several addresses it is for all that a request tries, three at most.",
    ),
    headersTimeout: duration("60s", "From the end of the request to the header of the answer."),
    bodyTimeout: duration("5m", "The longest pause within a body, and within a WebSocket."),
    maxHeaderBytes: {
      ...bytes(1_024, 1_048_576),
      default: defaultHeaderBytes,
      description: "The head of an answer; a longer one is answered 502 and logged as `upstream_head_too_large`.",
    },
    maxConnections: count(256, "Connections to each address at a time; further requests wait."),
  },
  ["url"],
  "One upstream.",
);

/** The services behind the gateway. */
export const upstreamsSection: Section<ReadonlyMap<string, UpstreamConfig>> = section(
  mapOf(upstream, plainName, "an object with an upstream for each name", "The services behind the gateway."),
  (raw, path, context) => {
    if (!Object.hasOwn(Object(context.document.value), "upstreams") && !takesQuestions(context.above.services))
      context.report([], "upstreams is missing; give an object with an upstream for each name");
    const read = new Map(
      Object.entries(raw ?? {}).map(([name, one]) => [name, readUpstream(name, one, [...path, name], context)]),
    );
    warnOfUnused(read, path, context);
    const others = [...read.values()].filter(({ protocol }) => protocol !== "grpc").map(({ name }) => name);
    reportIdleRpc(context.above.routes, new Set(others), context);
    const folding = [...read.values()].filter(({ ignoresCase }) => ignoresCase).map(({ name }) => name);
    reportTwins(context.above.routes, new Set(folding), context);
    const bridged = [...read.values()].filter(({ credential }) => credential !== undefined).map(({ name }) => name);
    reportBridged(new Set(bridged), context);
    return read;
  },
);

function warnOfUnused(upstreams: ReadonlyMap<string, UpstreamConfig>, path: ConfigPath, context: SectionContext): void {
  const used = new Set(context.above.routes.map(({ upstream }) => upstream));
  for (const name of upstreams.keys()) {
    if (used.has(name)) continue;
    const at = [...path, name];
    context.warnKey(at, `${toPathText(at)} is used by no route; name it as the upstream of one, or remove it`);
  }
}

function readUpstream(
  name: string,
  raw: RawOf<typeof upstream>,
  path: ConfigPath,
  context: ReadContext,
): UpstreamConfig {
  const { identity = "headers", ignoresCase = false, via = true, maxConnections = 256 } = raw;
  const { maxHeaderBytes = defaultHeaderBytes, protocol = "http" } = raw;
  const at = (option: string) => [...path, option];
  const report = (option: string, fault: string) => context.report(at(option), `${toPathText(at(option))} ${fault}`);
  const addresses = readAddresses(raw.url, protocol === "grpc", at("url"), context);
  const [first, ...others] = addresses;
  const tls = upstreamTlsPart.read(raw.tls, at("tls"), context);
  if (tls !== undefined && first !== undefined && !addresses.some(({ origin }) => origin.startsWith("https:")))
    report("tls", "is for an https:// upstream; write its URL so, or remove tls");
  const health = upstreamHealthPart.read(raw.health, at("health"), context);
  if (health !== undefined && first !== undefined && others.length === 0)
    context.warn(at("health"), `${toPathText(at("health"))} does nothing for one address, which gets all requests`);
  if (health !== undefined && health.path === undefined && !addresses.every(({ origin }) => speaksHttp2(origin)))
    report("health", "needs a path, such as /healthz: gRPC needs HTTP/2, and a URL of h2c://, unix+h2c: or https://");
  const timeouts = readTimeouts(upstream, raw, path, context);
  const authority = raw.host === "upstream" ? first?.host : raw.host;
  const host = authority === undefined ? undefined : toCanonicalAuthority(authority)?.authority;
  if (raw.host === "upstream" && others.length > 0)
    report("host", "must be a host name, since the addresses of the upstream have several");
  else if (raw.host === "upstream" && first !== undefined && first.host === undefined)
    report("host", "must be a host name, since a socket has none");
  else if (raw.host !== undefined && raw.host !== "upstream" && host === undefined)
    report("host", "must be upstream, or a host name with or without a port");
  return Object.freeze({
    name,
    origin: first?.origin ?? "",
    others: others.length === 0 ? undefined : Object.freeze(others.map(({ origin }) => origin)),
    host,
    protocol,
    credential: readCredential(raw.credential, [...path, "credential"], context),
    identity,
    ignoresCase,
    via,
    ...timeouts,
    health,
    tls,
    maxConnections,
    maxHeaderBytes,
  });
}
