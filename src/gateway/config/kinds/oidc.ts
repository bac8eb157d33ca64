import { createOidc, type OidcOptions } from "../../../handlers/oidc/oidc.js";
import { forEachTenant } from "../../../handlers/oidc/tenants.js";
import { itemsOf } from "../read-context.js";
import { choice, object, text } from "../schema.js";
import {
  claims,
  providerIssuer,
  readClaims,
  readTenancy,
  readTokenKeys,
  rolesOfClaims,
  tenancy,
  tokenAlgorithms,
  tokenAudience,
  tokenKeys,
} from "./claims.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

const schema = object(
  {
    issuer: providerIssuer("Keys and algorithms come from"),
    audience: tokenAudience,
    algorithms: tokenAlgorithms("Default: the asymmetric ones that the provider lists."),
    type: text("a type, such as at+jwt", "The `typ` that a token must have. Default: `JWT`, `at+jwt` or none."),
    opens: choice(
      ["nothing", "session"],
      "nothing",
      "`session`: the token is a log-in, and the answer offers a session that ends with it at the latest.",
    ),
    ...tokenKeys,
    ...tenancy,
    ...claims,
  },
  ["issuer", "audience"],
  "For `Bearer`: access tokens of an OpenID provider.",
);

export const oidcKind: HandlerKind<{ readonly options: OidcOptions }> = handlerKind({
  scheme: "Bearer",
  shares: "rest",
  schema,
  read(raw) {
    const { issuer, audience, algorithms, type, opens } = raw;
    if (issuer === undefined || audience === undefined) return undefined;
    const options: OidcOptions = {
      ...{ type, opens },
      ...readClaims(raw),
      ...readTenancy(raw),
      ...readTokenKeys(raw),
      issuer,
      audience,
      algorithms: algorithms && itemsOf(algorithms),
    };
    return { options: Object.freeze(options) };
  },
  dependsOn: ({ options }) => forEachTenant(options.issuer, options).map((url) => ({ kind: "provider", url })),
  rolesOf: ({ options }) => rolesOfClaims(options),
  create: ({ options }, _scheme, onWarning, kept) => createOidc({ ...options, onWarning }, kept),
});
