// Using it: make an `Auth` of handlers and a store, and read the caller of a request.

export type { BreakerState, Outside } from "./base/breaker.js";
export { AuthError, type AuthErrorCode } from "./base/errors.js";
export type { CarrierOptions, CookieOptions } from "./credentials/token-carriers.js";
export { type Auth, createAuth } from "./engine/auth.js";
export type { AuthOptions } from "./engine/options.js";
export { type AnonymousOptions, anonymous } from "./handlers/anonymous.js";
export { type ApiKeyIdentity, type ApiKeyOptions, type ApiKeySource, apiKey } from "./handlers/api-key/api-key.js";
export { type ApiKeyFileOptions, apiKeyFile } from "./handlers/api-key/file.js";
export {
  type ClientCertificateIdentity,
  type ClientCertificateOptions,
  clientCertificate,
} from "./handlers/certificate/client-certificate.js";
export type { ForwardedCertificateField } from "./handlers/certificate/forwarded-certificate.js";
export type { CertificateFields } from "./handlers/certificate/read-certificate.js";
export type { CertificateNames, CertificateRule } from "./handlers/certificate/rules.js";
export { chain } from "./handlers/chain.js";
export { type ExternalHandler, type ExternalOptions, external } from "./handlers/external/external.js";
export type { IdentityOf } from "./handlers/handler-table.js";
export { type LdapDirectory, type LdapIdentity, ldap } from "./handlers/ldap/ldap.js";
export type { LdapGroups, LdapOptions } from "./handlers/ldap/options.js";
export type { ClaimMapping, ClaimPath, OidcIdentity } from "./handlers/oidc/claim-mapping.js";
export { type JwtIdentity, type JwtOptions, jwt } from "./handlers/oidc/jwt.js";
export { type OidcOptions, oidc } from "./handlers/oidc/oidc.js";
export { type BasicOptions, basic } from "./handlers/password/basic.js";
export type { UserFile, UserFileIdentity, UserFileOptions } from "./handlers/password/file.js";
export { type HtpasswdFileOptions, htpasswdFile } from "./handlers/password/htpasswd-file.js";
export { userFile } from "./handlers/password/user-file.js";
export {
  type PreSharedKey,
  type PreSharedKeyIdentity,
  type PreSharedKeyOptions,
  preSharedKey,
} from "./handlers/pre-shared-key.js";
export {
  type AuthorizedKeyIdentity,
  type AuthorizedKeysOptions,
  authorizedKeys,
} from "./handlers/private-key/authorized-keys.js";
export {
  type KeyOwner,
  type KeySource,
  type PrivateKeyOptions,
  privateKey,
} from "./handlers/private-key/private-key.js";
export { type PublicKey, requirePublicKey } from "./handlers/private-key/verify-signature.js";
export type { StepUp } from "./model/decision.js";
export type { Actor, Identity, Json } from "./model/identity.js";
export type { Caller, Confirmation, Session } from "./model/session.js";
export { type OperateAsRule, type OperateAsRulesOptions, operateAsRules } from "./policies/operate-as/rules.js";
export type {
  IssuedNumber,
  IssuedTicket,
  RedeemedTicket,
  RefusedTicket,
  TicketMisuse,
  TicketRefusal,
  TicketRequest,
  Tickets,
} from "./tickets/ticket.js";
export type { KeyAlgorithm } from "./wire/public-key.js";

// Writing a handler, a policy or a front. Suites to run on them are in `sallyport/testing`; a store needs `sallyport/store`.

export type { Awaitable } from "./base/awaitable.js";
export { type Platform, systemPlatform } from "./base/platform.js";
export { quoteString } from "./credentials/challenge.js";
export type { CallerSlot } from "./engine/caller-slot.js";
export type { AuthFront } from "./engine/front.js";
export {
  declined,
  type Handler,
  type HandlerContext,
  type OneTimeProofs,
  rejected,
  unavailable,
  type Verdict,
} from "./handlers/handler.js";
export type {
  Allowed,
  Anonymous,
  AuthenticateOptions,
  Decision,
  Denial,
  DenialCode,
  DenialReason,
  Offer,
} from "./model/decision.js";
export type {
  BeginOperateAs,
  LogInContext,
  LogInCredentials,
  LogInOutcome,
  OpenContext,
  OperateAsWish,
  SessionOpened,
} from "./model/log-in.js";
export type { AuthRequest, HeaderFields, Peer, RequestOrigin, Target } from "./model/request.js";
export type { SealedReading } from "./model/sealed.js";
export type { Grant, OperateAsPolicy, OperateAsRequest } from "./policies/operate-as/policy.js";
export type { SealedSlots } from "./sessions/sealed-slots.js";

// Operating it: keys, hashes, sessions, the throttle, events and the audit.

export { type ApiKeyEditOptions, addApiKey, revokeApiKey } from "./handlers/api-key/edit.js";
export { type ApiKeyRecord, type CreateApiKeyOptions, createApiKey } from "./handlers/api-key/record.js";
export { hashPassword } from "./handlers/password/hash.js";
export { hashPreSharedKey } from "./handlers/pre-shared-key.js";
export {
  type KeysRevoked,
  type RevokeKeyFileOptions,
  type RotateKeyFileOptions,
  revokeKeyFile,
  rotateKeyFile,
} from "./keys/edit-key-file.js";
export { type KeyFileOptions, keyFile } from "./keys/key-file.js";
export { type KeyRing, type RevokedKey, randomKeys, type SigningKey } from "./keys/key-ring.js";
export type { AuthEvent, EventOrigin, EventParty, OnEvent } from "./model/events.js";
export type { AuditOptions, AuditSink } from "./policies/audit/audit.js";
export { type JsonLinesOptions, type JsonLinesSink, jsonLines, type LineStream } from "./policies/audit/json-lines.js";
export type { AuditEventKind, AuditRecord } from "./policies/audit/record.js";
export type { ThrottleOptions } from "./policies/throttle/options.js";
export type { AccountReset } from "./policies/throttle/throttle.js";
export type { EndedBy, SessionSummary, Sessions } from "./sessions/sessions.js";
