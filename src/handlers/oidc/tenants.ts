import { AuthError } from "../../base/errors.js";
import type { Identity } from "../../model/identity.js";
import type { Verdict } from "../handler.js";
import { readUnverified } from "./jwt-shape.js";

/** Options of handlers for a provider that has an issuer for each of its tenants, as Microsoft's has. */
export interface TenantOptions {
  /**
   * The tenants whose tokens are accepted, by the exact ids that stand in `iss` and in `tenantClaim`. With it, `issuer` must
   * contain `{tenantid}`, which stands for one of these, such as `https://login.microsoftonline.com/{tenantid}/v2.0`.
   * Default: none, and `issuer` is one issuer.
   *
   * There is no pattern for tenants: any organization can have one at a provider, and make tokens with any name in them.
   */
  readonly tenants?: readonly string[] | undefined;
  /** The claim that must name the tenant that `iss` names. Default: `"tid"`. */
  readonly tenantClaim?: string | undefined;
}

/** One tenant, and the claim that must name it. */
export interface Tenant {
  readonly claim: string;
  readonly id: string;
}

/** Checks a token. */
export type Verify<I extends Identity> = (token: string) => Promise<Verdict<I>>;

/** What stands for a tenant, as in Microsoft's own metadata. */
const placeholder = "{tenantid}";

/** Nothing that a URL would read as more than one segment of its path, or as a part of it. */
const tenantId = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;

/** Puts a tenant in place of `{tenantid}`. */
export function fillTenant(template: string, tenant: Tenant | undefined): string {
  return tenant === undefined ? template : template.replace(placeholder, tenant.id);
}

/** Returns a template for each tenant, with the tenant in place of `{tenantid}`; without tenants the text as it is. */
export function forEachTenant(template: string, { tenants, tenantClaim = "tid" }: TenantOptions): readonly string[] {
  if (tenants === undefined) return [template];
  return [...new Set(tenants.map((id) => fillTenant(template, { claim: tenantClaim, id })))];
}

/**
 * Makes the function that checks the tokens of one issuer, or of one for each tenant: each has its own check, with its own
 * keys, so that no tenant's keys sign for another. Which one is asked depends on `iss` alone, which the check then verifies,
 * and `tenantClaim` with it.
 *
 * @param name the handler's, for messages
 * @param make makes the check of one issuer
 * @throws {AuthError} `invalid_options` for tenants without the placeholder, the placeholder without tenants, or an id that
 *   is none
 */
export function createTenantVerifier<I extends Identity>(
  name: string,
  options: TenantOptions & { readonly issuer: string },
  make: (issuer: string, tenant: Tenant | undefined) => Verify<I>,
): Verify<I> {
  const { issuer, tenants, tenantClaim = "tid" } = options;
  if (tenants === undefined) {
    if (options.tenantClaim !== undefined)
      refuse(`${name}: tenantClaim needs tenants, the list of those that are accepted`);
    if (String(issuer).includes("{")) {
      refuse(`${name}: issuer has a placeholder; list the tenants, with ${placeholder} in their place`);
    }
    return make(issuer, undefined);
  }
  if (typeof issuer !== "string" || issuer.split(placeholder).length !== 2) {
    refuse(
      `${name}: with tenants, issuer must contain ${placeholder} once, such as https://idp.example/${placeholder}/v2.0`,
    );
  }
  if (!Array.isArray(tenants) || tenants.length === 0) refuse(`${name}: tenants must be a list with an id at least`);
  if (typeof tenantClaim !== "string" || tenantClaim === "") refuse(`${name}: tenantClaim must be the name of a claim`);
  const checks = new Map<string, Verify<I>>();
  for (const id of tenants) {
    if (typeof id !== "string" || !tenantId.test(id)) {
      refuse(`${name}: tenants must be ids of letters, digits and any of . _ - between them; no pattern is taken`);
    }
    const tenant = Object.freeze({ claim: tenantClaim, id });
    const filled = fillTenant(issuer, tenant);
    checks.set(filled, make(filled, tenant));
  }
  const [first] = checks.values();
  return (token) => {
    const named = readUnverified(token)?.issuer;
    // Any of them declines a token of another issuer, and what is no token.
    const check = (typeof named === "string" ? checks.get(named) : undefined) ?? (first as Verify<I>);
    return check(token);
  };
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", message);
}
