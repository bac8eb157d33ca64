import type { PresentedCredentials } from "../../credentials/carriers.js";
import { socketProtocolHeader } from "../../credentials/socket-protocols.js";
import { createExtract } from "../../credentials/token-carriers.js";
import { indexOfField } from "../../model/raw-headers.js";
import type { Peer } from "../../model/request.js";
import { isSessionToken } from "../../model/session.js";
import type { GatewayConfig } from "../config/config.js";
import { type HandlerConfig, headersOf } from "../config/handlers.js";
import { toCarriers } from "../own/carriers.js";

/**
 * Describes the credentials of a request, and the part of the configuration that checks them. They are not quoted: a
 * client that omits the scheme has put its token in the scheme's place.
 */
export function describeCredentials(
  request: { readonly rawHeaders: readonly string[]; readonly truncated: boolean; readonly peer: Peer },
  config: GatewayConfig,
): string {
  const presented = createExtract(
    toCarriers(config.services),
    config.limits.maxAuthorizationLength,
    headersOf(config.handlers),
  )(request.rawHeaders, request.truncated);
  switch (presented.kind) {
    case "none":
      return describeCertificate(request.peer, request.rawHeaders, config);
    case "refused":
      return `refused as ${presented.reason}`;
    case "several": {
      const beside = "a session token in a cookie or in auth-token-bin";
      return presented.authorization === undefined ? beside : `${describe(presented.authorization, config)}; ${beside}`;
    }
    case "credentials":
      return describe(presented, config);
    default:
      return presented satisfies never;
  }
}

/** A proxy's own certificate says nothing of the callers behind it. */
function describeCertificate(
  { certificate, trusted }: Peer,
  rawHeaders: readonly string[],
  { handlers }: GatewayConfig,
): string {
  const handler = handlers.find(({ kind }) => kind === "certificates" || kind === "forwardedCertificates");
  if (handler === undefined) return "none";
  if (!trusted) return certificate === undefined ? "none" : `a client certificate, answered by ${toPath(handler)}`;
  const isForwarded =
    handler.kind === "forwardedCertificates" && indexOfField(rawHeaders, handler.field.toLowerCase()) !== -1;
  return isForwarded ? `a forwarded client certificate, answered by ${toPath(handler)}` : "none";
}

function describe({ scheme, name, payload, header }: PresentedCredentials, config: GatewayConfig): string {
  if (header === socketProtocolHeader) return "a ticket as a WebSocket subprotocol, which is not redeemed here";
  if (isSessionToken(scheme, payload)) return `${scheme === "dpop" ? "DPoP" : "Bearer"}, a session token`;
  const nested = config.nestedSchemes && scheme === "bearer" ? find(payload.split(" ", 1)[0] ?? "", config) : undefined;
  const handler = nested ?? find(name, config);
  if (handler === undefined) return "of a scheme without a handler (not shown: it may be the secret itself)";
  const links = handler.kind === "chain" ? handler.links : [handler];
  const carried = header === undefined ? handler.scheme : `${handler.scheme} in ${header}`;
  return `${carried}, answered by ${links.map((link) => toPath({ ...link, scheme: handler.scheme })).join(" or ")}`;
}

/** By the name of a scheme in any case, or by an alias exactly. */
function find(name: string, { handlers, aliases }: GatewayConfig): HandlerConfig | undefined {
  const scheme = (Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name).toLowerCase();
  return handlers.find((one) => one.scheme.toLowerCase() === scheme);
}

function toPath({ scheme, kind }: Pick<HandlerConfig, "scheme" | "kind">): string {
  return `handlers.${scheme}.${kind}`;
}
