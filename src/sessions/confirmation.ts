/**
 * What a bound session's caller must prove beside the token, by the names of RFC 7800 `cnf`.
 * - `x5t#S256`: holds the client certificate with this SHA-256 thumbprint, base64url (RFC 8705 §3.1).
 * - `jkt`: holds the key with this RFC 7638 thumbprint, base64url (RFC 9449 §6.1).
 */
export type Confirmation = { readonly "x5t#S256": string } | { readonly jkt: string };
