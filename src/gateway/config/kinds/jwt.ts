import type { ClaimMapping } from "../../../handlers/oidc/claim-mapping.js";
import { createJwt } from "../../../handlers/oidc/jwt.js";
import { createTenantMapping } from "../../../handlers/oidc/tenant-mapping.js";
import { forEachTenant, type TenantOptions } from "../../../handlers/oidc/tenants.js";
import type { Identity } from "../../../model/identity.js";
import { toPathText } from "../document.js";
import { itemsOf } from "../read-context.js";
import { object, text } from "../schema.js";
import {
  claims,
  readClaims,
  readTenancy,
  readTokenKeys,
  rolesOfClaims,
  type TokenKeys,
  tenancy,
  tokenAlgorithms,
  tokenAudience,
  tokenKeys,
} from "./claims.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: string;
  readonly algorithms: readonly string[] | undefined;
  readonly keys: TokenKeys;
  readonly claims: ClaimMapping;
  readonly tenancy: Required<TenantOptions>;
}

const schema = object(
  {
    issuer: text("the issuer: what `iss` must be", "`iss` must be exactly this."),
    audience: tokenAudience,
    jwks: text(
      "the https URL of the issuer's keys",
      "Where the issuer publishes its keys. Default: the issuer's `/.well-known/jwks.json`.",
    ),
    algorithms: tokenAlgorithms("Default: every asymmetric algorithm."),
    ...tokenKeys,
    ...tenancy,
    ...claims,
  },
  ["issuer", "audience"],
  "For `Bearer`: JSON Web Tokens of one issuer. It never sees Sallyport's own tokens.",
);

export const jwtKind: HandlerKind<JwtConfig> = handlerKind({
  scheme: "Bearer",
  opensNothing: true,
  shares: "rest",
  schema,
  read(raw, path, context) {
    const { issuer, audience } = raw;
    if (issuer === undefined || audience === undefined) return undefined;
    if (raw.jwks === undefined && !URL.canParse(issuer)) {
      const message = "is missing, and the issuer is not a URL; say where its keys are";
      context.report(path, `${toPathText([...path, "jwks"])} ${message}`);
      return undefined;
    }
    const jwks = raw.jwks ?? `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;
    const algorithms = raw.algorithms && itemsOf(raw.algorithms);
    const keys = readTokenKeys(raw);
    return { issuer, audience, jwks, algorithms, keys, claims: readClaims(raw), tenancy: readTenancy(raw) };
  },
  dependsOn: ({ jwks, tenancy }) => forEachTenant(jwks, tenancy).map((url) => ({ kind: "key-set", url })),
  rolesOf: ({ claims }) => rolesOfClaims(claims),
  create({ issuer, audience, jwks, algorithms, keys, claims, tenancy }, _scheme, onWarning, kept) {
    const options = { issuer, audience, jwks, ...keys, ...tenancy, ...(algorithms && { algorithms }), onWarning };
    const toIdentity = createTenantMapping("jwt", issuer, claims, tenancy);
    return createJwt<Identity>({ ...options, toIdentity }, kept);
  },
});
