import type { JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import type { OptionKinds } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import type { Identity } from "../../model/identity.js";
import { type ClaimMapping, createClaimMapping, type OidcIdentity } from "./claim-mapping.js";
import type { DiscoveryOptions } from "./discovery.js";
import type { Tenant } from "./tenants.js";

/** The options that `oidc` and `external` share. */
export interface ProviderOptions<I extends Identity> extends ClaimMapping {
  /** How long one request to the provider may take, in milliseconds. Default: 3,000, below the deadline of handlers. */
  readonly fetchTimeoutMs?: number | undefined;
  /**
   * Converts the mapped identity and the claims to an identity. Return `null`, `undefined` or `false` to reject the
   * credentials (401). Default: the mapped identity.
   */
  readonly toIdentity?:
    | ((mapped: OidcIdentity, claims: JWTPayload) => Awaitable<I | null | undefined | false>)
    | undefined;
  /**
   * Called with the reason why the provider cannot be asked, once until the reason changes. Default:
   * `process.emitWarning`.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The clock, timers and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** The names and kinds of `ProviderOptions`. */
export const providerKinds: OptionKinds<ProviderOptions<Identity>> = {
  subjectClaim: "any",
  rolesClaim: "any",
  rolesSeparator: "string",
  groupRoles: "object",
  fetchTimeoutMs: "number",
  toIdentity: "function",
  onWarning: "function",
  platform: "object",
};

/** The options with their defaults. */
export interface Provider<I extends Identity> {
  readonly discovery: DiscoveryOptions;
  /** Converts verified claims to an identity; `null`, `undefined` or `false` when they name no account. */
  readonly toIdentity: (claims: JWTPayload) => Awaitable<I | null | undefined | false>;
}

/**
 * Fills in defaults and compiles the mapping.
 *
 * @param name the handler's, for messages
 * @param tenant the tenant of the issuer, where each has its own
 * @throws {AuthError} `invalid_options` for an unusable mapping
 */
export function resolveProvider<I extends Identity>(
  name: string,
  options: ProviderOptions<I> & { readonly issuer: string },
  tenant?: Tenant | undefined,
): Provider<I> {
  const { issuer, fetchTimeoutMs = 3_000, onWarning = emitWarning, platform = systemPlatform } = options;
  const toIdentity = options.toIdentity ?? ((mapped: OidcIdentity) => mapped as unknown as I);
  const mapClaims = createClaimMapping(name, issuer, options, tenant);
  return {
    discovery: { name, issuer, timeoutMs: fetchTimeoutMs, platform, onWarning },
    toIdentity(claims) {
      const mapped = mapClaims(claims);
      return mapped && toIdentity(mapped, claims);
    },
  };
}
