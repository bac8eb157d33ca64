import type { ClaimMapping } from "../../../handlers/oidc/claim-mapping.js";
import type { KeyOptions } from "../../../handlers/oidc/jwt-keys.js";
import type { TenantOptions } from "../../../handlers/oidc/tenants.js";
import { parseDuration } from "../duration.js";
import { itemsOf, itemsOfEach, oneOrItems } from "../read-context.js";
import {
  duration,
  list,
  type RawDuration,
  type RawList,
  type RawMap,
  type RawObject,
  type Schema,
  text,
} from "../schema.js";
import { rolesByGroup } from "../shared-schemas.js";

type Claim = Schema<string | RawList<string>>;

const claim = (description: string): Claim => ({
  type: ["string", "array"],
  minLength: 1,
  minItems: 1,
  items: text("the name of a claim", "A name."),
  title: "the name of a claim, such as groups or realm_access.roles, or a list of names",
  description,
});

/** The settings of all kinds that map the claims of a provider to an identity. */
export const claims: {
  readonly subjectClaim: Claim;
  readonly rolesClaim: Claim;
  readonly rolesSeparator: Schema<string>;
  readonly groupRoles: Schema<RawMap<RawList<string>>>;
} = {
  subjectClaim: claim(
    "The claim that is the subject. Default: `sub`. With `email`, however it is written, `email_verified` beside it must be true.",
  ),
  rolesClaim: claim("The claim that holds roles or groups: a list of strings, or one string. Default: no roles."),
  rolesSeparator: text(
    "the text between two names, such as a comma",
    "What separates the names where `rolesClaim` is one string. Default: a space for `scope` and `scp`; any other string is one name.",
  ),
  groupRoles: rolesByGroup(
    { minLength: 1, title: "the name of a group" },
    "The roles that groups of `rolesClaim` give; a group that is not here gives none. Default: each is a role of its name.",
  ),
};

export function readClaims(raw: RawObject<typeof claims>): Required<ClaimMapping> {
  const { subjectClaim, rolesClaim, rolesSeparator, groupRoles } = raw;
  return {
    subjectClaim: oneOrItems(subjectClaim),
    rolesClaim: oneOrItems(rolesClaim),
    rolesSeparator,
    groupRoles: groupRoles && itemsOfEach(groupRoles),
  };
}

/** Returns every role that claims can give; `undefined` when the provider names them. */
export function rolesOfClaims({ rolesClaim, groupRoles }: ClaimMapping): readonly string[] | undefined {
  if (rolesClaim === undefined) return [];
  return groupRoles && Object.values(groupRoles).flat();
}

/** The settings of kinds that check tokens of an issuer. */
export const tokenAudience: Schema<string> = text(
  "the audience: what `aud` must contain",
  "`aud` must be or contain this.",
);

/**
 * Makes the setting `algorithms`.
 *
 * @param fallback the default, as a sentence
 */
export const tokenAlgorithms = (fallback: string): Schema<RawList<string>> =>
  list(
    text("an algorithm, such as ES256", "An asymmetric algorithm."),
    "a list of algorithms, such as [ES256]",
    `The algorithms by which a token may be signed. ${fallback}`,
  );

/**
 * Makes the setting `issuer` of kinds that find a provider by its discovery document.
 *
 * @param rest names what that document gives, as the beginning of a sentence
 */
export const providerIssuer = (rest: string): Schema<string> =>
  text(
    "the https URL of the provider, as it names itself",
    `The provider, to the last slash. ${rest} its \`/.well-known/openid-configuration\`.`,
  );

/** The settings of the keys of an issuer. */
export const tokenKeys: { readonly staleKeys: Schema<RawDuration>; readonly forbidKeys: Schema<RawList<string>> } = {
  staleKeys: duration(
    "1h",
    "How long keys stay good while they cannot be fetched, from the first fetch that failed. A key that the issuer has withdrawn meanwhile is not known to be so.",
  ),
  forbidKeys: list(
    text("the id of a key: `kid`", "An id, exactly as it stands in the header of a token."),
    "a list of ids of keys",
    "The keys that are good no more, whatever the issuer publishes: for a stolen one. Default: none.",
  ),
};

/** The keys of an issuer, as the handlers take them. */
export type TokenKeys = Pick<KeyOptions, "staleKeysMs" | "forbidKeys">;

export function readTokenKeys({ staleKeys, forbidKeys }: RawObject<typeof tokenKeys>): TokenKeys {
  return {
    staleKeysMs: staleKeys === undefined ? undefined : parseDuration(staleKeys),
    forbidKeys: forbidKeys && itemsOf(forbidKeys),
  };
}

/** The settings of a provider that has an issuer for each of its tenants. */
export const tenancy: { readonly tenants: Schema<RawList<string>>; readonly tenantClaim: Schema<string> } = {
  tenants: {
    ...list(
      text("the id of a tenant", "An id, exactly as it stands in `iss`."),
      "a list of ids of tenants",
      "The tenants whose tokens are accepted, where the provider has an issuer for each: `issuer` then has `{tenantid}` in the tenant's place. Subjects begin with the tenant and a slash. Default: one issuer.",
    ),
    minItems: 1,
  },
  tenantClaim: {
    ...text("the name of a claim", "The claim that must name the tenant that `iss` names."),
    default: "tid",
  },
};

export function readTenancy({ tenants, tenantClaim }: RawObject<typeof tenancy>): Required<TenantOptions> {
  return { tenants: tenants && itemsOf(tenants), tenantClaim };
}
