import type { ClaimMapping } from "../handlers/claim-mapping.js";
import type { HandlerConfig } from "./config.js";
import { type ConfigPath, toPathText } from "./config-document.js";
import { present, type RawClaims, type RawHandler, type Reading, report } from "./raw-config.js";

type JwtConfig = Extract<HandlerConfig, { kind: "jwt" }>;
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

function readClaims({ subjectClaim, rolesClaim, groupRoles }: RawClaims): ClaimMapping {
  const path = (raw: RawClaims["rolesClaim"]) => (raw === undefined || typeof raw === "string" ? raw : present(raw));
  const entries = groupRoles && Object.entries(groupRoles).map(([group, roles]) => [group, present(roles)]);
  return {
    subjectClaim: path(subjectClaim),
    rolesClaim: path(rolesClaim),
    groupRoles: entries && Object.fromEntries(entries),
  };
}
