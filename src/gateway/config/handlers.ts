import { chain } from "../../handlers/chain.js";
import type { Handler } from "../../handlers/handler.js";
import type { KeptProviders } from "../../handlers/oidc/kept.js";
import type { OidcOptions } from "../../handlers/oidc/oidc.js";
import type { UserFile } from "../../handlers/password/file.js";
import type { Identity } from "../../model/identity.js";
import { type AnonymousConfig, anonymousKind } from "./kinds/anonymous.js";
import { type ApiKeysConfig, apiKeysKind } from "./kinds/api-keys.js";
import { type AuthorizedKeysConfig, authorizedKeysKind } from "./kinds/authorized-keys.js";
import { type CertificatesConfig, certificatesKind } from "./kinds/certificates.js";
import { type ExternalConfig, externalKind } from "./kinds/external.js";
import { type ForwardedCertificatesConfig, forwardedCertificatesKind } from "./kinds/forwarded-certificates.js";
import type { Dependency, HandlerKind, OnWarning } from "./kinds/handler-kind.js";
import { type HtpasswdConfig, htpasswdKind } from "./kinds/htpasswd.js";
import { type JwtConfig, jwtKind } from "./kinds/jwt.js";
import { type KeysConfig, keysKind } from "./kinds/keys.js";
import { type LdapConfig, ldapKind } from "./kinds/ldap.js";
import { oidcKind } from "./kinds/oidc.js";
import { type UsersConfig, usersKind } from "./kinds/users.js";

/** The configuration of each kind of handler: one row for each. */
interface Configs {
  readonly users: UsersConfig;
  readonly htpasswd: HtpasswdConfig;
  readonly ldap: LdapConfig;
  readonly keys: KeysConfig;
  readonly apiKeys: ApiKeysConfig;
  readonly authorizedKeys: AuthorizedKeysConfig;
  readonly jwt: JwtConfig;
  readonly oidc: { readonly options: OidcOptions };
  readonly external: ExternalConfig;
  readonly anonymous: AnonymousConfig;
  readonly certificates: CertificatesConfig;
  readonly forwardedCertificates: ForwardedCertificatesConfig;
}

/** The kinds of handler that a configuration can name, as it spells them: one row for each. */
export const handlerKinds: { readonly [Kind in keyof Configs]: HandlerKind<Configs[Kind]> } = {
  users: usersKind,
  htpasswd: htpasswdKind,
  ldap: ldapKind,
  keys: keysKind,
  apiKeys: apiKeysKind,
  authorizedKeys: authorizedKeysKind,
  jwt: jwtKind,
  oidc: oidcKind,
  external: externalKind,
  anonymous: anonymousKind,
  certificates: certificatesKind,
  forwardedCertificates: forwardedCertificatesKind,
};

export type KindName = keyof Configs;

/** One kind of handler for one scheme. */
export type HandlerLink<Kind extends KindName = KindName> = {
  readonly [K in Kind]: { readonly kind: K; readonly scheme: string } & Configs[K];
}[Kind];

/** Two handlers that share a scheme, in the order in which they are asked. */
interface ChainConfig {
  readonly kind: "chain";
  readonly scheme: string;
  readonly links: readonly HandlerLink[];
}

/** One entry of `handlers`: a scheme and its handler or handlers. Its secrets are loaded already. */
export type HandlerConfig = HandlerLink | ChainConfig;

/**
 * Makes the handler of one entry of `handlers`.
 *
 * @param onWarning called when an edited user file was refused, or a provider cannot be reached
 * @param kept what handlers of earlier configurations know of providers. Default: nothing
 * @throws {AuthError} `invalid_options`; the message holds no secret
 */
export function createHandler(config: HandlerConfig, onWarning: OnWarning, kept?: KeptProviders): Handler<Identity> {
  if (config.kind !== "chain") return createOne(config, onWarning, kept);
  return chain(
    config.scheme,
    config.links.map((link) => createOne(link, onWarning, kept)),
  );
}

function createOne<Kind extends KindName>(
  config: HandlerLink<Kind>,
  onWarning: OnWarning,
  kept: KeptProviders | undefined,
): Handler<Identity> {
  const kind: HandlerKind<Configs[Kind]> = handlerKinds[config.kind];
  return kind.create(config, config.scheme, onWarning, kept);
}

/**
 * Returns every role that a caller of these handlers can have; `undefined` when one of them cannot tell: roles come from
 * a provider.
 */
export function rolesOf(handlers: readonly HandlerConfig[]): ReadonlySet<string> | undefined {
  const links = handlers.flatMap((config) => (config.kind === "chain" ? config.links : [config]));
  const roles = links.map(rolesOfOne);
  return roles.includes(undefined) ? undefined : new Set(roles.flatMap((names) => names ?? []));
}

function rolesOfOne<Kind extends KindName>(config: HandlerLink<Kind>): readonly string[] | undefined {
  const kind: HandlerKind<Configs[Kind]> = handlerKinds[config.kind];
  return kind.rolesOf?.(config);
}

/** Returns the header that carries the credentials of a handler beside `Authorization`; `undefined` when it has none. */
export function headerOf(config: HandlerConfig): string | undefined {
  return config.kind === "chain" ? undefined : headerOfOne(config);
}

function headerOfOne<Kind extends KindName>(config: HandlerLink<Kind>): string | undefined {
  const kind: HandlerKind<Configs[Kind]> = handlerKinds[config.kind];
  return kind.headerOf?.(config);
}

/** Returns these headers in lower case, each with the scheme of its handler. */
export function headersOf(handlers: readonly HandlerConfig[]): ReadonlyMap<string, string> {
  return new Map(
    handlers.flatMap((config) => {
      const name = headerOf(config);
      return name === undefined ? [] : [[name.toLowerCase(), config.scheme] as const];
    }),
  );
}

/** What a handler needs, and its place in the configuration. */
export interface NamedDependency {
  readonly what: string;
  readonly on: Dependency;
}

/** Returns all that these handlers need beside their settings. */
export function dependenciesOf(handlers: readonly HandlerConfig[]): readonly NamedDependency[] {
  const links = handlers.flatMap((config) => (config.kind === "chain" ? config.links : [config]));
  return links.flatMap(dependenciesOfOne);
}

function dependenciesOfOne<Kind extends KindName>(config: HandlerLink<Kind>): readonly NamedDependency[] {
  const kind: HandlerKind<Configs[Kind]> = handlerKinds[config.kind];
  const what = `handlers.${config.scheme}.${config.kind}`;
  return (kind.dependsOn?.(config) ?? []).map((on) => ({ what, on }));
}

/** Whether the credentials of a handler come with every call, and open no session. */
export function opensNothing(config: HandlerConfig): boolean {
  const links = config.kind === "chain" ? config.links : [config];
  return links.every(({ kind }) => handlerKinds[kind].opensNothing === true);
}

/** Whether a handler has a user file, in which the targets of operate-as can be looked up. */
export function hasUsers(config: HandlerConfig): boolean {
  return config.kind !== "chain" && handlerKinds[config.kind].openUsers !== undefined;
}

/**
 * Opens the user file of a handler that `hasUsers`.
 *
 * @throws {AuthError} `invalid_options`
 */
export function openUsers(config: HandlerConfig, onWarning: OnWarning): UserFile | undefined {
  return config.kind === "chain" ? undefined : openUsersOf(config, onWarning);
}

function openUsersOf<Kind extends KindName>(config: HandlerLink<Kind>, onWarning: OnWarning): UserFile | undefined {
  const kind: HandlerKind<Configs[Kind]> = handlerKinds[config.kind];
  return kind.openUsers?.(config, onWarning);
}
