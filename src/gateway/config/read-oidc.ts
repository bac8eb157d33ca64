import type { ExternalOptions } from "../../handlers/external/external.js";
import type { ClaimMapping } from "../../handlers/oidc/claim-mapping.js";
import type { HandlerConfig } from "./config.js";
import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration } from "./duration.js";
import { present, type RawClaims, type RawHandler, type Reading, report } from "./raw-config.js";
import { readSecret } from "./read-secret.js";

type JwtConfig = Extract<HandlerConfig, { kind: "jwt" }>;

type ExternalConfig = Extract<HandlerConfig, { kind: "external" }>;

type OidcConfig = Extract<HandlerConfig, { kind: "oidc" }>;

/** What has been reported as missing gives nothing. */
export function readJwt(
  raw: NonNullable<RawHandler["jwt"]>,
  reading: Reading,
  path: ConfigPath,
): JwtConfig | undefined {
  const { issuer, audience } = raw;
  if (issuer === undefined || audience === undefined) return undefined;
  if (raw.jwks === undefined && !URL.canParse(issuer)) {
    report(
      reading,
      [...path, "jwt"],
      `${toPathText([...path, "jwt", "jwks"])} is missing, and the issuer is not a URL; say where its keys are`,
    );
    return undefined;
  }
  const jwks = raw.jwks ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;
  const algorithms = raw.algorithms && present(raw.algorithms);
  return { kind: "jwt", scheme: "Bearer", issuer, audience, jwks, algorithms, claims: readClaims(raw) };
}

/** What has been reported as missing gives nothing. */
export function readOidc(raw: NonNullable<RawHandler["oidc"]>): OidcConfig | undefined {
  const { issuer, audience, type, opens } = raw;
  if (issuer === undefined || audience === undefined) return undefined;
  const algorithms = raw.algorithms && present(raw.algorithms);
  return { kind: "oidc", scheme: "Bearer", issuer, audience, algorithms, type, opens, claims: readClaims(raw) };
}

/** What has been reported as missing gives nothing. */
export function readExternal(
  raw: NonNullable<RawHandler["external"]>,
  path: ConfigPath,
  reading: Reading,
): ExternalConfig | undefined {
  const { issuer, clientId, clientSecret, url, scope, parameters, sameAddress, wait } = raw;
  if (issuer === undefined || clientId === undefined || url === undefined) return undefined;
  const secret = clientSecret && readSecret(clientSecret, [...path, "clientSecret"], reading);
  if (clientSecret !== undefined && secret === undefined) return undefined;
  // As the gateway sees paths: one that has several spellings would be found under one of them.
  if (URL.canParse(url) && !/^(\/[\w.-]+)*\/?$/.test(new URL(url).pathname)) {
    report(
      reading,
      [...path, "url"],
      `${toPathText([...path, "url"])}: the path may have letters, digits and any of / _ . - only`,
    );
    return undefined;
  }
  const values = Object.entries(parameters ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const options: ExternalOptions = {
    ...{ issuer, clientId, url, scope, sameAddress },
    ...readClaims(raw),
    parameters: Object.fromEntries(values) as Record<string, string>,
    waitMs: wait === undefined ? undefined : parseDuration(wait),
  };
  // The provider wants the secret itself; nothing that prints a configuration does.
  Object.defineProperty(options, "clientSecret", { value: secret, enumerable: false });
  return { kind: "external", scheme: "External", options: Object.freeze(options) };
}

function readClaims({ subjectClaim, rolesClaim, groupRoles }: RawClaims): ClaimMapping {
  const path = (raw: RawClaims["rolesClaim"]) => (raw === undefined || typeof raw === "string" ? raw : present(raw));
  const entries = groupRoles && Object.entries(groupRoles).map(([group, roles]) => [group, present(roles)]);
  return {
    subjectClaim: path(subjectClaim),
    rolesClaim: path(rolesClaim),
    groupRoles: entries && Object.fromEntries(entries),
  };
}
