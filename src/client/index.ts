/**
 * The other side of the door: logs in, presents the token, follows its rotation. For Node and browsers.
 *
 * @module
 */
export { AuthClient, type AuthClientOptions, type TransportOptions } from "./auth-client.js";
export { type AuthFetchOptions, createAuthFetch } from "./auth-fetch.js";
export type { OperateAsOptions, RedeemedToken, ServiceToken, ServiceTokenOptions } from "./auth-wire.js";
export { AuthenticationFailedError } from "./authentication-failed-error.js";
export { type Bearer, type BearerCall, type BearerOptions, createBearer, type LogIn } from "./bearer.js";
export { createBearerInterceptor } from "./bearer-interceptor.js";
export { createExternalLink, type ExternalLink } from "./external-link.js";
export type { Delay } from "./keep-alive.js";
export type { PrivateKeyLogInOptions, PrivateKeySource } from "./private-key.js";
export { createProofKey, type ProofKey, type ProofKeyOptions, type ProvenCall } from "./proof-key.js";
export { createTokenHolder, parseToken, type TokenHolder, type TokenParts } from "./token-holder.js";
export type { WebCryptoKey } from "./web-crypto.js";
