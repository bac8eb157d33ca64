export {
  type AccountReset,
  type Auth,
  type BeginOperateAs,
  type CallerSlot,
  createAuth,
  type LogInContext,
  type LogInOutcome,
  type OpenContext,
  type Proof,
  type SessionOpened,
} from "./auth.js";
export { quoteString } from "./credentials/challenge.js";
export type { CarrierOptions, CookieOptions } from "./credentials/token-carriers.js";
export type {
  Allowed,
  Anonymous,
  AuthenticateOptions,
  AuthRequest,
  Decision,
  Denial,
  DenialCode,
  DenialReason,
  HeaderFields,
  Offer,
  StepUp,
} from "./decision.js";
export { AuthError, type AuthErrorCode } from "./errors.js";
export type { AuthEvent, EventOrigin, EventParty, EventSource, OnEvent } from "./events.js";
export { type AnonymousOptions, anonymous } from "./handlers/anonymous.js";
export {
  type ApiKeyIdentity,
  type ApiKeyOptions,
  type ApiKeySource,
  apiKey,
} from "./handlers/api-key.js";
export { type ApiKeyEditOptions, addApiKey, revokeApiKey } from "./handlers/api-key-edit.js";
export { type ApiKeyFileOptions, apiKeyFile } from "./handlers/api-key-file.js";
export { type ApiKeyRecord, type CreateApiKeyOptions, createApiKey } from "./handlers/api-key-record.js";
export {
  type AuthorizedKeyIdentity,
  type AuthorizedKeysOptions,
  authorizedKeys,
} from "./handlers/authorized-keys.js";
export { type BasicOptions, basic } from "./handlers/basic.js";
export type { CertificateRule } from "./handlers/certificate-rules.js";
export { chain } from "./handlers/chain.js";
export type { ClaimMapping, ClaimPath, OidcIdentity } from "./handlers/claim-mapping.js";
export {
  type ClientCertificateIdentity,
  type ClientCertificateOptions,
  clientCertificate,
} from "./handlers/client-certificate.js";
export { type ExternalHandler, type ExternalOptions, external } from "./handlers/external.js";
export {
  type Awaitable,
  declined,
  type Handler,
  type HandlerContext,
  type Peer,
  rejected,
  type Target,
  unavailable,
  type Verdict,
} from "./handlers/handler.js";
export type { IdentityOf } from "./handlers/handler-table.js";
export { type HtpasswdFileOptions, htpasswdFile } from "./handlers/htpasswd-file.js";
export { type JwtIdentity, type JwtOptions, jwt } from "./handlers/jwt.js";
export { type LdapDirectory, type LdapIdentity, ldap } from "./handlers/ldap.js";
export type { LdapGroups, LdapOptions } from "./handlers/ldap-options.js";
export { type OidcOptions, oidc } from "./handlers/oidc.js";
export { hashPassword } from "./handlers/password-hash.js";
export {
  hashPreSharedKey,
  type PreSharedKey,
  type PreSharedKeyIdentity,
  type PreSharedKeyOptions,
  preSharedKey,
} from "./handlers/pre-shared-key.js";
export { type KeyOwner, type KeySource, type PrivateKeyOptions, privateKey } from "./handlers/private-key.js";
export { type PublicKey, requirePublicKey } from "./handlers/public-key.js";
export type { CertificateFields } from "./handlers/read-certificate.js";
export { type UserFile, type UserFileIdentity, type UserFileOptions, userFile } from "./handlers/user-file.js";
export type { Actor, Identity, Json } from "./identity.js";
export type { AuthOptions } from "./options.js";
export { type Platform, systemPlatform } from "./platform.js";
export type { AuditOptions, AuditSink } from "./policies/audit.js";
export type { AuditEventKind, AuditRecord } from "./policies/audit-record.js";
export { type JsonLinesOptions, type JsonLinesSink, jsonLines, type LineStream } from "./policies/json-lines.js";
export type { Grant, OperateAsPolicy, OperateAsRequest, OperateAsWish } from "./policies/operate-as.js";
export { type OperateAsRule, type OperateAsRulesOptions, operateAs } from "./policies/operate-as-rules.js";
export type { ThrottleOptions } from "./policies/throttle-options.js";
export type { OneTimeProofs } from "./proofs.js";
export type { Confirmation } from "./sessions/confirmation.js";
export { type KeyFileOptions, keyFile, type RotateKeyFileOptions, rotateKeyFile } from "./sessions/key-file.js";
export { type KeyRing, randomKeys, type SigningKey } from "./sessions/keys.js";
export type { Caller, Session } from "./sessions/session.js";
export type { EndedBy, SessionSummary, Sessions } from "./sessions/sessions.js";
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
