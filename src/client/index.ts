/**
 * The client: it logs in, presents the token and follows its rotation. For Node and browsers.
 *
 * @module
 */

export { toTicketProtocol } from "../wire/socket-ticket.js";
export { AuthClient } from "./auth-client.js";
export { type AuthFetchOptions, createAuthFetch } from "./bearer/auth-fetch.js";
export { AuthenticationFailedError } from "./bearer/authentication-failed-error.js";
export { type Bearer, type BearerCall, type BearerOptions, createBearer, type LogIn } from "./bearer/bearer.js";
export { createBearerInterceptor } from "./bearer/bearer-interceptor.js";
export type { Delay } from "./bearer/delay.js";
export type { TransportOptions } from "./bearer/open-transport.js";
export { createProofKey, type ProofKey, type ProofKeyOptions, type ProvenCall } from "./bearer/proof-key.js";
export { createTokenHolder, parseToken, type TokenHolder, type TokenParts } from "./bearer/token-holder.js";
export { createExternalLink, type ExternalLink } from "./external-link.js";
export type { PrivateKeyLogInOptions, PrivateKeySource } from "./key/private-key.js";
export type { WebCryptoKey } from "./key/web-crypto.js";
export type { ClientAsOptions, RedeemedToken, ServiceToken, ServiceTokenOptions } from "./wires/auth-wire.js";
export type { AuthClientOptions } from "./wires/client-options.js";
