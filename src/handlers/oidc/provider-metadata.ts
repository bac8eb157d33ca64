/** The metadata of an OpenID provider (OpenID Connect Discovery 1.0 §3). */
export interface ProviderMetadata {
  /** The issuer, equal to the configured one. */
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly [name: string]: unknown;
}
