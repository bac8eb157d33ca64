import { type ClaimMapping, createClaimMapping, type MapClaims } from "./claim-mapping.js";
import { fillTenant, type TenantOptions } from "./tenants.js";

/**
 * Makes the mapping of verified claims of an issuer: where there are tenants, by that of the tenant that they name.
 *
 * @param handler the handler's name, for messages
 * @throws {AuthError} `invalid_options` as `createClaimMapping` does
 */
export function createTenantMapping(
  handler: string,
  issuer: string,
  mapping: ClaimMapping,
  { tenants, tenantClaim = "tid" }: TenantOptions,
): MapClaims {
  if (tenants === undefined) return createClaimMapping(handler, issuer, mapping);
  const mappings = new Map<unknown, MapClaims>(
    tenants.map((id) => {
      const tenant = { claim: tenantClaim, id };
      return [id, createClaimMapping(handler, fillTenant(issuer, tenant), mapping, tenant)];
    }),
  );
  return (claims) => mappings.get(claims[tenantClaim])?.(claims);
}
